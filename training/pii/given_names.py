"""Writes given_names.txt and surnames.txt of services/guard/domain/data: names of the US census of 1990 and of the package Faker.

    pip install names==0.3.0 faker==37.4.0 --target NAMES
    PYTHONPATH=.:NAMES python training/pii/given_names.py NAMES services/guard/domain/data         (after terms.py and ordinary_words.py)

`names` (MIT) holds the census' files dist.male.first, dist.female.first and dist.all.last (public domain). Faker (MIT) holds
names by country. With `--without-planted` as a last argument the countries whose values `measure.py planted` plants are left
out: measure with lists written so, since a listed name flatters the figures, and ship those with all countries.
"""

import importlib
import pkgutil
import re
import sys
from collections import Counter
from pathlib import Path

from services.guard.domain.text.word_lists import read_sections, read_word_list

PLANTED = {"en", "en_US", "en_GB", "de_DE", "fr_FR", "es", "es_ES", "es_CA", "it_IT", "pt_BR", "nl_NL"}
UNREAD_SCRIPTS = {"bn_BD", "gu_IN", "hy_AM", "ja_JP", "ka_GE", "ko_KR", "ne_NP", "or_IN", "ta_IN", "th_TH", "zh_CN", "zh_TW"}
"""Of languages whose words the classifier does not tell apart."""
LARGE = {"is_IS"}
"""Registers of all names that a law admits, most of them rare."""
RARE_SURNAMES = {"ga_IE", "pl_PL", "sk_SK"}
MOST_SURNAMES = 6_000
READ_LANGUAGES = {"en", "de", "fr", "es", "it", "pt", "nl"}
"""Of the classifier: a name of another country alone is more often a word of its language that is taken for a name."""
FREQUENT = 600
"""Of the census, by sex."""
MIN_COUNTRIES = 3
WRITTEN = re.compile(r"[^\W\d_]+(?:[-'\u2019][^\W\d_]+)*")
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
Victoria Alexandria Palma Regina
""".split()


GIVEN_HEADER = """\
# Given names, in small letters, one per line. Written by training/pii/given_names.py; change that script, not this file.
# Source: the first names of the US census of 1990 (public domain; in the package names 0.3.0, MIT), names by country of
# the package Faker 37.4.0 (MIT), and names common in other countries, collected by hand.
# Below [ambiguous]: names that are also common words, months, places or brands, or that only one other language has.
"""
SURNAMES_HEADER = """\
# Surnames, in small letters, one per line. Written by training/pii/given_names.py; change that script, not this file.
# Source: the most frequent surnames of the US census of 1990 (public domain; in the package names 0.3.0, MIT) and
# surnames by country of the package Faker 37.4.0 (MIT).
"""


def census(folder, name):
    """The names of one of the census' files, the most frequent first."""
    lines = (Path(folder) / "names" / f"dist.{name}").read_text(encoding="utf-8").splitlines()
    return [line.split()[0].lower() for line in lines]


def faker_names(left_out):
    """Given names and surnames of Faker's countries but those left out, in lower case."""
    given, last, read = Counter(), set(), set()
    package = importlib.import_module("faker.providers.person")
    for country in sorted({module.name for module in pkgutil.iter_modules(package.__path__)} - UNREAD_SCRIPTS - left_out):
        provider = importlib.import_module(f"faker.providers.person.{country}").Provider
        of_country = set()
        for attribute in dir(provider):
            names = getattr(provider, attribute)
            if isinstance(names, (tuple, list, dict, set)) and "format" not in attribute:
                if attribute.startswith("first_name") and country not in LARGE:
                    of_country.update(map(str.lower, filter(str, names)))
                elif attribute.startswith("last_name") and country not in RARE_SURNAMES | LARGE:
                    last.update(map(str.lower, filter(str, names)))
        given.update(of_country)
        if country[:2] in READ_LANGUAGES:
            read |= of_country
    return given, last, read


def write(path, header, names, ambiguous=()):
    """Write the names, the ambiguous ones in a section of their own."""
    kept = sorted(name for name in set(names) if len(name) > 2 and WRITTEN.fullmatch(name))
    known = set(ambiguous)
    lines = [name for name in kept if name not in known]
    if known:
        lines += ["[ambiguous]", *(name for name in kept if name in known)]
    path.write_text(header + "\n".join(lines) + "\n", encoding="utf-8")


def main(folder, out, option=""):
    """Write both lists; a frequent name is not ambiguous only because a brand or a programming language bears it."""
    countries, last, read = faker_names(PLANTED if option == "--without-planted" else set())
    first = [census(folder, "male.first"), census(folder, "female.first")]
    frequent = {name for name, count in countries.items() if count >= MIN_COUNTRIES} | {name for names in first for name in names[:FREQUENT]}
    given = {*countries, *first[0], *first[1], *map(str.lower, ELSEWHERE)}
    terms = read_sections("terms.txt")
    ambiguous = {*map(str.lower, WORDS), *read_word_list("ordinary_words.txt"), *terms["places"], *terms["common"]}
    ambiguous |= set(terms["software"]) - frequent
    ambiguous |= {name for name, count in countries.items() if count < MIN_COUNTRIES} - read - {*first[0], *first[1], *map(str.lower, ELSEWHERE)}
    write(Path(out) / "given_names.txt", GIVEN_HEADER, given, ambiguous)
    write(Path(out) / "surnames.txt", SURNAMES_HEADER, last | set(census(folder, "all.last")[:MOST_SURNAMES]))


if __name__ == "__main__":
    main(*sys.argv[1:])
