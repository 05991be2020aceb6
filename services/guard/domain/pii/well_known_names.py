"""Names that everybody may say: well-known people, living, dead and invented, and brands and products that look like names. Written by hand."""

from collections.abc import Iterable

_FULL = """
Albert Einstein | Isaac Newton | Marie Curie | Charles Darwin | Galileo Galilei | Nikola Tesla | Thomas Edison | Stephen Hawking | Alan Turing | Ada
Lovelace | Grace Hopper | Richard Feynman | Niels Bohr | Max Planck | Werner Heisenberg | Erwin Schrödinger | James Clerk Maxwell | Michael Faraday
| Louis Pasteur | Alexander Fleming | Gregor Mendel | Carl Sagan | Neil deGrasse Tyson | Johannes Kepler | Nicolaus Copernicus | Leonardo da Vinci |
Leonhard Euler | Carl Friedrich Gauss | Blaise Pascal | Pierre de Fermat | Bernhard Riemann | David Hilbert | Kurt Gödel | John von Neumann | Claude
Shannon | Emmy Noether | Srinivasa Ramanujan | Rosalind Franklin | Francis Crick | James Watson | Jane Goodall | Rachel Carson | Robert Oppenheimer
| Enrico Fermi | Paul Dirac | Ernest Rutherford | Dmitri Mendeleev | Alexander Graham Bell | Benjamin Franklin | Tim Berners-Lee | Linus Torvalds |
Guido van Rossum | Dennis Ritchie | Ken Thompson | Bjarne Stroustrup | Donald Knuth | Edsger Dijkstra | Margaret Hamilton | Geoffrey Hinton | Yann
LeCun | Yoshua Bengio | Andrew Ng | Andrej Karpathy | Ilya Sutskever | Demis Hassabis | Sam Altman | Dario Amodei | Fei-Fei Li | Noam Chomsky | Luca
Pacioli | Leonardo Fibonacci | Sigmund Freud | Carl Jung | Jean Piaget | Abraham Maslow | Ivan Pavlov | B.F. Skinner | Friedrich Nietzsche |
Immanuel Kant | Karl Marx | Friedrich Engels | Jean-Paul Sartre | Simone de Beauvoir | Albert Camus | Hannah Arendt | John Locke | Thomas Hobbes |
David Hume | Adam Smith | John Stuart Mill | Jean-Jacques Rousseau | René Descartes | Baruch Spinoza | Ludwig Wittgenstein | Bertrand Russell |
Marcus Aurelius | Sun Tzu | John Maynard Keynes | Milton Friedman | Friedrich Hayek | Thomas Aquinas | Michel Foucault | Arthur Schopenhauer | Søren
Kierkegaard | Slavoj Žižek | Jordan Peterson | William Shakespeare | Jane Austen | Charles Dickens | Mark Twain | Ernest Hemingway | Leo Tolstoy |
Fyodor Dostoevsky | Anton Chekhov | Franz Kafka | James Joyce | Virginia Woolf | George Orwell | Aldous Huxley | J.K. Rowling | JK Rowling | J. K.
Rowling | J.R.R. Tolkien | J. R. R. Tolkien | C.S. Lewis | George R.R. Martin | Stephen King | Agatha Christie | Arthur Conan Doyle | Edgar Allan
Poe | Emily Dickinson | Robert Frost | Walt Whitman | Sylvia Plath | T.S. Eliot | W.B. Yeats | Oscar Wilde | Lewis Carroll | Mary Shelley | Bram
Stoker | H.P. Lovecraft | H.G. Wells | Jules Verne | Victor Hugo | Alexandre Dumas | Marcel Proust | Gustave Flaubert | Johann Wolfgang von Goethe |
Friedrich Schiller | Thomas Mann | Hermann Hesse | Bertolt Brecht | Dante Alighieri | Umberto Eco | Italo Calvino | Miguel de Cervantes | Gabriel
García Márquez | Gabriel Garcia Marquez | Jorge Luis Borges | Pablo Neruda | Isabel Allende | Paulo Coelho | Haruki Murakami | Toni Morrison | Maya
Angelou | James Baldwin | Harper Lee | J.D. Salinger | F. Scott Fitzgerald | John Steinbeck | William Faulkner | Kurt Vonnegut | Ray Bradbury |
Isaac Asimov | Philip K. Dick | Arthur C. Clarke | Frank Herbert | Ursula K. Le Guin | Terry Pratchett | Neil Gaiman | Douglas Adams | Margaret
Atwood | Dan Brown | Ian Fleming | Roald Dahl | Hans Christian Andersen | Ayn Rand | Dr. Seuss | Malcolm Gladwell | Ludwig van Beethoven | Wolfgang
Amadeus Mozart | Johann Sebastian Bach | Frédéric Chopin | Franz Schubert | Richard Wagner | Giuseppe Verdi | Antonio Vivaldi | Pyotr Ilyich
Tchaikovsky | Vincent van Gogh | Pablo Picasso | Claude Monet | Salvador Dalí | Salvador Dali | Frida Kahlo | Andy Warhol | Rembrandt van Rijn |
Johannes Vermeer | Gustav Klimt | Edvard Munch | Piet Mondrian | Albrecht Dürer | Jackson Pollock | Paul Cézanne | Henri Matisse | Edgar Degas | Le
Corbusier | Frank Lloyd Wright | Zaha Hadid | Antoni Gaudí | Theo van Doesburg | Piero della Francesca | Bob Dylan | John Lennon | Paul McCartney |
George Harrison | Ringo Starr | Mick Jagger | David Bowie | Freddie Mercury | Elvis Presley | Michael Jackson | Elton John | Jimi Hendrix | Kurt
Cobain | Bob Marley | Johnny Cash | Aretha Franklin | Louis Armstrong | Miles Davis | John Coltrane | Frank Sinatra | Billie Holiday | Whitney
Houston | Taylor Swift | Ed Sheeran | Lady Gaga | Katy Perry | Justin Bieber | Justin Timberlake | Billie Eilish | Ariana Grande | Selena Gomez |
Bruno Mars | Kanye West | Kendrick Lamar | Jay-Z | Snoop Dogg | Dolly Parton | Britney Spears | Harry Styles | Dua Lipa | Yo-Yo Ma | Lang Lang | Tom
Hanks | Tom Cruise | Brad Pitt | Angelina Jolie | Leonardo DiCaprio | Johnny Depp | Meryl Streep | Julia Roberts | Scarlett Johansson | Robert
Downey Jr. | Robert De Niro | Al Pacino | Morgan Freeman | Samuel L. Jackson | Denzel Washington | Will Smith | Jennifer Lawrence | Jennifer Aniston
| Emma Watson | Emma Stone | Daniel Radcliffe | Sean Connery | Daniel Craig | Harrison Ford | Clint Eastwood | Marilyn Monroe | Audrey Hepburn |
Charlie Chaplin | Bruce Lee | Jackie Chan | Arnold Schwarzenegger | Sylvester Stallone | Dwayne Johnson | Keanu Reeves | George Clooney | Ryan
Reynolds | Ryan Gosling | Ed Norton | Edward Norton | Spike Lee | Steven Spielberg | George Lucas | Martin Scorsese | Quentin Tarantino |
Christopher Nolan | Stanley Kubrick | Alfred Hitchcock | Woody Allen | Tim Burton | James Cameron | Peter Jackson | Hayao Miyazaki | Akira Kurosawa
| Walt Disney | David Attenborough | Oprah Winfrey | Ellen DeGeneres | Jimmy Fallon | Stephen Colbert | Jon Stewart | Jerry Seinfeld | Joe Rogan |
Kim Kardashian | Gordon Ramsay | Julia Child | Jamie Oliver | Marie Kondo | Tony Robbins | Dale Carnegie | Brené Brown | Simon Sinek | Tim Ferriss |
Barack Obama | Michelle Obama | Donald Trump | Joe Biden | Kamala Harris | Hillary Clinton | Bill Clinton | George Bush | George W. Bush | Ronald
Reagan | Jimmy Carter | Richard Nixon | John F. Kennedy | Franklin D. Roosevelt | Franklin Roosevelt | Theodore Roosevelt | Eleanor Roosevelt |
Abraham Lincoln | George Washington | Thomas Jefferson | Alexander Hamilton | Bernie Sanders | Nancy Pelosi | Vladimir Putin | Volodymyr Zelensky |
Volodymyr Zelenskyy | Angela Merkel | Olaf Scholz | Friedrich Merz | Emmanuel Macron | Rishi Sunak | Boris Johnson | Keir Starmer | Theresa May |
Tony Blair | Margaret Thatcher | Winston Churchill | Justin Trudeau | Narendra Modi | Xi Jinping | Kim Jong Un | Shinzo Abe | Benjamin Netanyahu |
Pedro Sánchez | Giorgia Meloni | Silvio Berlusconi | Mark Rutte | Ursula von der Leyen | Helmut Kohl | Willy Brandt | Konrad Adenauer | Otto von
Bismarck | Charles de Gaulle | François Mitterrand | Nelson Mandela | Mahatma Gandhi | Indira Gandhi | Jawaharlal Nehru | Martin Luther King |
Martin Luther King Jr. | Martin Luther | Malcolm X | Rosa Parks | Mother Teresa | Dalai Lama | Pope Francis | Desmond Tutu | Greta Thunberg | Malala
Yousafzai | Che Guevara | Fidel Castro | Simón Bolívar | Adolf Hitler | Joseph Stalin | Josef Stalin | Vladimir Lenin | Mao Zedong | Benito
Mussolini | Napoleon Bonaparte | Julius Caesar | Alexander the Great | Genghis Khan | Joan of Arc | Marie Antoinette | Queen Victoria | Queen
Elizabeth | Elizabeth II | King Charles | Prince William | Prince Harry | Meghan Markle | Princess Diana | Catherine the Great | Henry VIII |
Christopher Columbus | Marco Polo | Vasco da Gama | Ferdinand Magellan | James Cook | Neil Armstrong | Buzz Aldrin | Yuri Gagarin | Amelia Earhart |
Franz Ferdinand | Anne Frank | Florence Nightingale | Helen Keller | Jesus Christ | Elon Musk | Bill Gates | Steve Jobs | Steve Wozniak | Jeff Bezos
| Mark Zuckerberg | Tim Cook | Sundar Pichai | Satya Nadella | Larry Page | Sergey Brin | Eric Schmidt | Warren Buffett | Charlie Munger | Jack Ma |
Jack Dorsey | Peter Thiel | Marc Andreessen | Paul Graham | Reid Hoffman | Sheryl Sandberg | Marissa Mayer | Jensen Huang | Lisa Su | Richard
Branson | Henry Ford | John D. Rockefeller | Andrew Carnegie | J.P. Morgan | Estée Lauder | Coco Chanel | Mark Cuban | Ray Dalio | George Soros |
Indra Nooyi | Arianna Huffington | Rupert Murdoch | Jack Welch | Peter Drucker | Herbert Diess | Dieter Zetsche | Ken Robinson | Satoshi Nakamoto |
Vitalik Buterin | Edward Snowden | Julian Assange | Michael Jordan | LeBron James | Kobe Bryant | Stephen Curry | Shaquille O'Neal | Magic Johnson |
Larry Bird | Yao Ming | Tom Brady | Peyton Manning | Babe Ruth | Derek Jeter | Albert Pujols | Jackie Robinson | Lionel Messi | Cristiano Ronaldo |
Diego Maradona | David Beckham | Zinedine Zidane | Kylian Mbappé | Gianni Infantino | Roger Federer | Rafael Nadal | Novak Djokovic | Serena
Williams | Venus Williams | Steffi Graf | Boris Becker | Usain Bolt | Michael Phelps | Simone Biles | Muhammad Ali | Mike Tyson | Tiger Woods |
Lewis Hamilton | Michael Schumacher | Max Verstappen | Ayrton Senna | Magnus Carlsen | Garry Kasparov | Bobby Fischer | Sherlock Holmes | Harry
Potter | Hermione Granger | Ron Weasley | Albus Dumbledore | Severus Snape | Tom Riddle | Frodo Baggins | Bilbo Baggins | Sam Gamgee | Luke
Skywalker | Darth Vader | Han Solo | Obi-Wan Kenobi | Princess Leia | James Bond | Indiana Jones | Jack Sparrow | Captain Jack Sparrow | Tony Stark
| Bruce Wayne | Clark Kent | Peter Parker | Steve Rogers | Bruce Banner | Natasha Romanoff | Lois Lane | Jon Snow | Daenerys Targaryen | Tyrion
Lannister | Arya Stark | Walter White | Jesse Pinkman | Michael Scott | Dwight Schrute | Sheldon Cooper | Homer Simpson | Bart Simpson | Marge
Simpson | Lisa Simpson | Peter Pan | Mary Poppins | Snow White | Mickey Mouse | Minnie Mouse | Donald Duck | Bugs Bunny | Scrooge McDuck | Winnie
the Pooh | Willy Wonka | Huckleberry Finn | Tom Sawyer | Oliver Twist | Ebenezer Scrooge | Jay Gatsby | Atticus Finch | Holden Caulfield | Elizabeth
Bennet | Mr. Darcy | Jane Eyre | Anna Karenina | Don Quixote | Romeo Montague | Tyler Durden | Forrest Gump | Hannibal Lecter | Norman Bates | Dr.
Watson | John Watson | Hercule Poirot | Miss Marple | Lara Croft | Super Mario | Naruto Uzumaki | Sonic the Hedgehog | Santa Claus | Father
Christmas | Uncle Sam | Jane Doe | John Doe | Katniss Everdeen | Buzz Lightyear | Captain America | Tom and Jerry | Punxsutawney Phil | King Arthur
| Robin Hood | Louis Vuitton | Calvin Klein | Ralph Lauren | Tommy Hilfiger | Hugo Boss | Yves Saint Laurent | Christian Dior | Giorgio Armani |
Jack Daniel | Jack Daniel's | Johnnie Walker | Jim Beam | Ben & Jerry | Mercedes Benz | Mercedes-Benz | Rolls Royce | Rolls-Royce | Harley Davidson
| Harley-Davidson | Aston Martin | Alfa Romeo | Johns Hopkins | Carnegie Mellon | Marks & Spencer | Victoria's Secret | Wells Fargo | Morgan Stanley
| Goldman Sachs | Charles Schwab | Merrill Lynch | Dow Jones | Philip Morris | Rosetta Stone | Boyer-Moore | Cauchy-Schwarz | Floyd-Warshall |
Bellman-Ford | Knuth-Morris-Pratt
"""
_SINGLE = """
Kratos Einstein Newton Darwin Galileo Tesla Edison Hawking Turing Curie Feynman Kepler Copernicus Euler Gauss Pascal Fermat Riemann Hilbert Gödel
Ramanujan Archimedes Pythagoras Euclid Aristotle Plato Socrates Confucius Fibonacci Dijkstra Bayes Fourier Laplace Markov Poisson Bernoulli
Boltzmann Schrödinger Heisenberg Faraday Volta Celsius Fahrenheit Kelvin Hubble Freud Nietzsche Kant Hegel Descartes Spinoza Voltaire Rousseau
Machiavelli Keynes Shakespeare Dickens Tolstoy Dostoevsky Chekhov Kafka Hemingway Orwell Tolkien Rowling Poe Ovid Goethe Molière Moliere Balzac
Proust Cervantes Borges Neruda Rumi Beethoven Mozart Bach Chopin Vivaldi Tchaikovsky Picasso Rembrandt Michelangelo Caravaggio Monet Banksy Dali
Warhol Obama Trump Biden Putin Zelensky Zelenskyy Merkel Macron Churchill Thatcher Gandhi Mandela Hitler Stalin Lenin Mao Mussolini Napoleon
Bonaparte Caesar Cleopatra Lincoln Reagan Christ Buddha Zeus Athena Apollo Odysseus Achilles Hercules Prometheus Thor Odin Loki Musk Zuckerberg
Bezos Messi Ronaldo Maradona Pelé Pele Federer Nadal Madonna Beyoncé Beyonce Rihanna Shakira Eminem Sting Bono Cher Oprah Sherlock Dumbledore
Gandalf Frodo Voldemort Hermione Batman Superman Spiderman Spider-Man Ironman Joker Hulk Yoda Pikachu Zelda Shrek Dracula Frankenstein Hamlet
Macbeth Othello Lear Cinderella Rapunzel Pinocchio Aladdin Mulan Simba Nemo Barbie Godzilla Tarzan Zorro Gatsby Jarvis Zorba Siddhartha Santa Satan
Lucifer Methuselah Pandora Icarus Narcissus Oedipus Sisyphus Jira Pytest Jenkins Django Hadoop Maven Gradle Laravel Symfony Jupyter Anaconda Pandas
Numpy Keras Pytorch Ansible Terraform Kubernetes Docker Heroku Vercel Netlify Trello Asana Figma Canva Overleaf Zotero Mendeley Grafana Kibana
Logstash Airflow Redis Neo4j Perl Haskell Erlang Elixir Scala Kotlin Alexa Siri Cortana Bixby Bard Gemini Llama Mistral Copilot Elmo Gpt Chatgpt
Toyota Honda Porsche Ferrari Lamborghini Maserati Bugatti Bentley Chevrolet Chrysler Cadillac Dodge Volkswagen Audi Skoda Renault Peugeot Citroën
Citroen Opel Kia Hyundai Mazda Nissan Suzuki Yamaha Harley Ducati Gucci Prada Versace Armani Chanel Dior Hermes Hermès Burberry Levis Levi's Kohl
Kohl's Macy's Wendy's Denny's Arby's Mcdonald's Mcdonalds Starbucks Domino's Kellogg Kellogg's Nestle Nestlé Ferrero Haribo Lidl Aldi Ikea Lego
Disney Pixar Marvel Nike Adidas Puma Reebok Rolex Cartier Tiffany's Swarovski Casio Philips Siemens Bosch Miele Dyson Gillette Colgate Nivea Pfizer
Moderna Bayer Novartis Boeing Airbus Lockheed Deloitte Accenture Pasta Pizza Latte Espresso Neymar Elvis Naruto Goku Sahara Amazonas Kilimanjaro
Everest Cabernet Merlot Chardonnay Riesling Brexit Covid Ebola Malaria
"""


def _folded(names: Iterable[str]) -> frozenset[str]:
    """As names are looked up: small, with single spaces and without points."""
    return frozenset(" ".join(name.casefold().replace(".", "").split()) for name in names if name.strip())


FULL_NAMES = _folded(_FULL.split("|"))
SINGLE_NAMES = _folded(_SINGLE.split())
