"""Writes services/guard/domain/data/given_names.txt: given names of the US census of 1990 (public domain) and common ones of other countries.

    pip install names==0.3.0 --target NAMES      (MIT; it holds the census' files dist.male.first and dist.female.first)
    python training/pii/given_names.py NAMES > services/guard/domain/data/given_names.txt

Names that are also common words, months, places or brands are left out: the list only lowers what the classifier must say.
"""

import sys
from pathlib import Path

MOST = 1_600
ELSEWHERE = """
Andreas Jürgen Juergen Günter Günther Hans Heinz Helmut Horst Klaus Karl-Heinz Dieter Uwe Wolfgang Jörg Joerg Stefan Matthias Markus Lukas Jonas Finn Leon Felix Moritz Florian Sebastian
Tobias Torsten Thorsten Sven Ute Ulrike Ursula Monika Sabine Petra Gabriele Renate Heike Birgit Anja Katrin Kerstin Silke Anke Antje Lena Leonie Lea Hannah Johanna Annika Friederike
Jannik Niklas Till Björn Bjoern Käthe Rüdiger Ingeborg Gisela Elke Karin Jens Kai Holger Detlef Gerd Bernd Rainer Reiner Manfred Siegfried Werner Walter Dirk Ralf Volker Axel
François Jérôme Sébastien Stéphane Frédéric Guillaume Thibault Mathieu Matthieu Benoît Cédric Olivier Pascal Thierry Laurent Hugues Étienne Rémi Gaël Loïc Aurélien Raphaël Noémie Élodie
Amélie Aurélie Céline Chloé Léa Manon Océane Margaux Mathilde Camille Anaïs Clémence Hélène Sylvie Brigitte Véronique Françoise Isabelle Nathalie Stéphanie Émilie Valérie Corinne Odile
Alain Luc Yves Jean-Pierre Jean-Luc Marie-Claire Pierre Jacques Gilles Didier Antoine Bastien Maxime Romain Quentin Lucas Mathis Enzo Zoé Inès Lucie Jeanne Agathe Margot
José María Jesús Ángel Andrés Sebastián Nicolás Joaquín Tomás Óscar Rubén Adrián Iván Álvaro Íñigo Iker Gonzalo Rodrigo Santiago Mateo Hugo Pablo Sergio Raúl Javier Alejandro Fernando
Lucía Sofía Martina Paula Valeria Elena Carmen Dolores Pilar Concepción Inmaculada Rocío Marta Cristina Beatriz Silvia Nuria Montserrat Begoña Ainhoa Leire Itziar Lorena Noelia Verónica
Giuseppe Giovanni Luigi Francesco Alessandro Lorenzo Matteo Mattia Davide Riccardo Federico Simone Luca Marco Andrea Stefano Roberto Paolo Massimo Gianluca Gianni Enrico Nicolò Niccolò
Giulia Chiara Francesca Alessandra Valentina Federica Elisa Ilaria Martina Giorgia Beatrice Ludovica Aurora Ginevra Bianca Paola Antonella Patrizia Donatella Rosanna Loredana Raffaella
João Gonçalo Tiago Thiago Miguel Rui Nuno Joaquim Luís Luiz Caio Gustavo Henrique Guilherme Vinícius Leandro Rafael Gabriel Bruno Otávio Murilo Davi Heitor Bernardo Pietro Enzo
Inês Mariana Beatriz Joana Catarina Letícia Larissa Júlia Luíza Luiza Fernanda Juliana Camila Rafaela Gabriela Isabela Débora Patrícia Cláudia Conceição Fátima Vitória Lívia Yasmin Thaís
Jan-Willem Pieter Willem Jeroen Joost Bart Sjoerd Maarten Martijn Marloes Sanne Femke Lotte Anouk Fleur Lieke Daan Bram Thijs Ruben Stijn Lars Sem Luuk Jasper Wouter Bas Koen Tijn Gijs
Saskia Marieke Annemieke Ingrid Wilma Mieke Anneke Esmée Iris Roos Noor Evi Fenna Jip Jurre Mees Floris Teun Niels Rutger Hendrik Cornelis Gerrit Dirk-Jan Kees Joke Truus Yvonne Hanneke
Søren Jørgen Bjørn Øyvind Håkon Åsa Åke Göran Björn Lars Nils Magnus Mikkel Rasmus Kasper Anders Frederik Henrik Jesper Morten Thor Sigrid Ingrid Astrid Freja Maja Linnea Ebba Saga Elin
Aino Eero Juhani Mika Pekka Timo Jukka Antti Kari Matti Päivi Tiina Riitta Sanna Agnieszka Katarzyna Małgorzata Magdalena Krzysztof Andrzej Piotr Paweł Tomasz Wojciech Grzegorz Zbigniew
Łukasz Jakub Kamil Michał Jiří Tomáš Petr Pavel Zdeněk Jana Kateřina Lenka Hana Ivana Marek Milan Dragan Goran Zoran Nikola Jelena Milica Ana Marija Petar Ivan Dmitri Dmitry Sergei Sergey
Vladimir Aleksandr Alexei Alexey Nikolai Mikhail Andrei Yuri Igor Oleg Boris Natalia Olga Svetlana Tatiana Irina Ekaterina Anastasia Oksana Yulia Olena Andriy Volodymyr Oleksandr
Mehmet Ahmet Mustafa Emre Murat Hüseyin Hasan Yusuf Ömer Osman Ayşe Fatma Emine Zeynep Elif Merve Büşra Mohammed Muhammad Mohamed Ahmed Ali Omar Khalid Youssef Hassan Hussein Ibrahim
Abdullah Abdul Karim Rashid Tariq Fatima Aisha Khadija Zainab Layla Leila Noor Amina Yasmine Samira Nadia Salma Rahul Rajesh Suresh Ramesh Sanjay Vijay Amit Anil Sunil Ravi Arjun Rohan
Aditya Vikram Deepak Priya Anjali Pooja Neha Sunita Lakshmi Kavita Divya Shreya Ananya Aarav Ishaan Krishna Ganesh Srinivas Venkatesh Harish Manoj Pradeep Wei Xiaoming Jing Yan Mei Ling
Hiroshi Takashi Kenji Yuki Haruto Sakura Akira Naoko Keiko Yoko Satoshi Minh Linh Nguyen Thanh Huong Jin-woo Min-jun Ji-hoon Seo-yeon Chidi Ngozi Emeka Chioma Kwame Kofi Ama Amara Oluwaseun
Tunde Femi Thabo Sipho Zanele Lerato Naledi Siobhan Niamh Saoirse Aoife Ciarán Ciaran Eoin Declan Padraig Oisin Caoimhe Rhys Gareth Owain Angharad Hamish Callum Ewan Iain Alistair Fiona
""".split()
WORDS = """
Will May Art Rose Grant Mark Pat Drew Chase Faith Hope Joy Grace Dawn June April August Summer Autumn Angel Virginia Charlotte Georgia Paris Austin Jordan Dallas Houston Carolina Savannah
Sydney Florence Adelaide Madison Jackson Lincoln Washington Kelly Gene Rich Young Major Love Dusty Sandy Amber Crystal Ruby Pearl Jade Opal Ginger Olive Violet Iris Daisy Lily Ivy Fern Holly
Heather Hazel Melody Harmony Destiny Charity Mercy Patience Prudence Constance Star Sky Rain Storm River Lake Forest Sage Reed Clay Stone Cliff Dale Glen Heath Lane Brook Brooke Miles Chance
Sterling Royal King Prince Duke Earl Baron Bishop Pope Noble Wade Ward Guy Buddy Sonny Junior Man Son See So My An In Do Le La Long Song Kim Kit Bill Bob Jack Jim Rob Rod Ray Roy Sue Cherry
Candy Honey Sugar Princess Queen Lady Miss Mister Doc Max Tiny Happy Merry Gay Blossom Spring Winter Christmas Easter Tuesday Wednesday Friday January Frank Dick Don Dean Rusty Sunny Chi
Ok Ha Hi Oh Shy Shin Yi Ping Long Hung Rock Jay Trinity Asia China India Kenya Israel Cuba Chad Jersey Dakota Denver Lance Pierce Victor Norman German Roman Francis Alma Alba Nova Versie
Porter Carter Cooper Hunter Archer Mason Baker Taylor Parker Tyler Turner Miller Spencer Trinidad Santa Cruz Santiago Valencia Lourdes Mercedes Milan Nice Lima Soon Some Many Any Else Else
Era Ana-lyst Page Paige Penny Bunny Robin Jan Jean Nova Sage Les Mason Noel Nick Carry Cory Dot Ty Al Ed Ma Lee Ling Mei Saga Aurora Thor Magnus Apollo Luna Java Julia Ruby Perl Jenkins Jasmine
Felix Maven Gradle Hudson Django Flask Pandora Alexa Siri Bard Claude Gemini Ada Eve Adam Moses Jesus Noah Mohammed Muhammad Buddha Venus Diana Athena Mercury Terra Marina Sierra Ebony Ivory
""".split()


HEADER = """\
# Given names, in small letters, one per line.
# Written by training/pii/given_names.py; change that script, not this file.
# Source: the first names of the US census of 1990 (public domain; files dist.male.first and dist.female.first of the
# package names 0.3.0, MIT) and names common in other countries, collected by hand.
# Left out: names that are also common words, months, places or brands.
"""


def main(folder):
    """Print the list."""
    ranked = []
    for name in ("dist.male.first", "dist.female.first"):
        for line in (Path(folder) / "names" / name).read_text(encoding="utf-8").splitlines():
            written, share = line.split()[:2]
            ranked.append((-float(share), written.capitalize()))
    names = {name for _, name in sorted(ranked)[:MOST]} | set(ELSEWHERE)
    left = sorted(name.lower() for name in names - set(WORDS) if len(name) > 2)
    print(HEADER)
    print("\n".join(dict.fromkeys(left)))


main(*sys.argv[1:])
