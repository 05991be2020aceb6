"""First names, as `training/pii/given_names.py` wrote them: what a classifier half believes is a name is one if it stands here."""

_NAMES = """
aarav aaron abby abdul abdullah abel abigail abraham addie adela adele adeline aditya adolfo adolph adrian adriana adrienne adrián agathe agnes
agnieszka agustin ahmed ahmet aida aileen aimee ainhoa aino aisha akira alain alan alana albert alberta alberto alejandra alejandro aleksandr
alessandra alessandro alex alexander alexandra alexandria alexei alexey alexis alfonso alfred alfredo ali alice alicia aline alisa alisha alison
alissa alistair allan allen allie allison allyson alonzo alphonso alta althea alton alvaro alvin alyce alyssa ama amalia amanda amara amelia amie
amina amit amos amy amélie ana ananya anastasia anaïs anders andre andrea andreas andrei andres andrew andriy andrzej andrés andy angela angelia
angelica angelina angeline angelo angharad angie anil anita anja anjali anke ann anna annabelle anne anneke annemieke annette annie annika anouk
anthony antje antoine antoinette anton antonella antonia antonio antti aoife araceli archie arjun arlene arline armand armando arnold arthur
arturo ashlee ashley astrid aubrey audra audrey augusta aurelia aurélie aurélien ava avery avis axel ayşe barbara barbra barry bart bas basil
bastien beatrice beatriz becky begoña belinda ben benita benito benjamin bennie benny benoît bernadette bernadine bernard bernardo bernd bernice
bert berta bertha bessie beth bethany betsy bette bettie betty bettye beulah beverly bianca billie billy birgit bjoern björn bjørn blaine blake
blanca blanche bobbi bobbie bobby bonita bonnie boris boyd brad bradford bradley brady brain bram brandi brandon brandy brenda brendan brent bret
brett brian briana brianna bridget bridgette brigitte brittany brittney bruce bruno bryan bryant bryce bryon burton byron büşra caio caitlin
caleb callie callum calvin cameron camila camille candace candice caoimhe cara carey carl carla carlene carlos carlton carly carmela carmella
carmen carol carole caroline carolyn carrie carroll cary casey cassandra cassie catalina catarina catherine cathleen cathy cecelia cecil cecile
cecilia cedric celeste celia cesar chandra charlene charles charlie charmaine chasity chelsea cheri cherie cheryl chester chiara chidi chioma
chloé chris christa christi christian christie christina christine christopher christy chrystal chuck ciaran ciarán cindy claire clara clare
clarence clarice clarissa clark claudette claudia claudine clayton clement cleo cleveland clifford clifton clint clinton clyde cláudia clémence
cody cole colette colin colleen conceição concepcion concepción connie conrad consuelo cora corey corina corine corinne cornelia cornelis
cornelius corrine courtney coy craig cristina curt curtis cynthia cédric céline daan damian damien damon dan dana dane daniel danielle danny
dante daphne darcy darin darius darla darlene darnell darrel darrell darren darrin darryl darwin daryl dave davi david davide davis deana deanna
deanne debbie debora deborah debra declan dee deena deepak deidre deirdre delbert delia della delores deloris demetrius dena denis denise dennis
denny derek derick derrick desiree desmond detlef devin devon dewayne dewey dexter diane dianna dianne didier diego dieter dina dion dirk
dirk-jan divya dixie dmitri dmitry dollie dolly dolores domingo dominic dominick dominique dona donald donatella donna donnell donnie donovan
dora doreen doris dorothea dorothy dorthy doug douglas doyle dragan duane dustin dwayne dwight dylan débora earlene earline earnest earnestine
ebba eddie eddy edgar edith edmond edmund edna eduardo edward edwin edwina eero effie efrain eileen ekaterina elaine elbert eldon eleanor elena
eli elias elif elijah elin elinor elisa elisabeth elise eliza elizabeth elke ella ellen elliot elliott ellis elma elmer elnora eloise elsa elsie
elton elva elvia elvin elvira elvis elwood emanuel emeka emery emil emilia emilio emily emine emma emmanuel emmett emre enrico enrique enzo eoin
eric erica erick ericka erik erika erin erma ernest ernestine ernesto ernie ervin erwin esmeralda esmée esperanza essie esteban estela estella
estelle ester esther ethan ethel etta eugene eugenia eula eunice eva evan evangeline evelyn everett evi ewan fabian fannie fatima fatma fay faye
federica federico felicia felipe femi femke fenna fernanda fernando fidel finn fiona fleur flora florian floris flossie floyd forrest fran
frances francesca francesco francine francisca francisco frankie franklin françois françoise fred freda freddie freddy frederick frederik
fredrick freja frieda friederike frédéric fátima gabriel gabriela gabriele gabrielle gail gale ganesh gareth garland garrett garry gary gavin
gayle gaël gena geneva genevieve geoffrey george georgette georgina gerald geraldine gerard gerardo gerd gerrit gerry gertrude gianluca gianni
gijs gilbert gilberto gilles gina ginevra giorgia giovanni gisela giulia giuseppe gladys glenda glenn glenna gloria goldie gonzalo gonçalo goran
gordon gracie graciela grady graham greg gregg gregorio gregory greta gretchen grover grzegorz guadalupe guilherme guillaume guillermo gus
gustavo gwen gwendolyn göran günter günther hal haley hamish hana hannah hanneke hans harish harlan harley harold harriet harriett harrison harry
haruto harvey hasan hassan hattie hector heidi heike heinz heitor helen helena helene helmut hendrik henrietta henrik henrique henry herbert
heriberto herman hilary hilda hillary hiram hiroshi holger homer horace horst howard hubert hugh hugo hugues humberto huong hussein håkon hélène
hüseyin iain ian ibrahim ida ignacio igor iker ila ilaria ilene imelda imogene ina inez ingeborg ingrid inmaculada inès inês ira irene irina irma
irvin irving isaac isabel isabela isabelle isaiah ishaan ismael issac itziar iva ivan ivana iván jackie jaclyn jacob jacqueline jacquelyn jacques
jaime jake jakub jamal james jami jamie jan-willem jana jane janelle janet janette janice janie janine janis janna jannik jared jarrod jarvis
jason jasper javier jayne jayson jean-luc jean-pierre jeanette jeanie jeanine jeanne jeannette jeannie jeannine jeff jefferson jeffery jeffrey
jeffry jelena jenifer jenna jennie jennifer jenny jens jerald jeremiah jeremy jeri jermaine jeroen jerome jerri jerry jesper jess jesse jessica
jessie jesús jewel jewell ji-hoon jill jillian jimmie jimmy jin-woo jing jip jiří joan joana joann joanna joanne joaquim joaquin joaquín jocelyn
jodi jodie jody joe joel joerg joesph joey johanna john johnathan johnnie johnny joke jolene jon jonas jonathan jonathon joni joost jorge jose
josefa josefina joseph josephine josh joshua josie josé joyce joão juan juana juanita judith judy juergen juhani jukka julian juliana julianne
julie juliette julio julius jurre justin justine jérôme jörg jørgen júlia jürgen kai kamil kara karen kari karim karin karina karl karl-heinz
karla kasey kasper katarzyna kate katelyn kateřina katharine katherine kathie kathleen kathrine kathryn kathy katie katrin katrina katy kavita
kay kaye kayla kees keiko keisha keith kelley kelli kellie kelsey kelvin ken kendall kendra kendrick kenji kenneth kenny kent keri kermit kerri
kerry kerstin kevin khadija khalid kimberley kimberly kirk kirsten klaus koen kofi kris krishna krista kristen kristi kristie kristin kristina
kristine kristopher kristy krystal krzysztof kurt kwame kyle käthe lacey ladonna lakeisha lakisha lakshmi lamar lamont lana lara larissa larry
lars latasha latisha latonya latoya laura laurel lauren laurence laurent laurie laverne lavonne lawanda lawrence layla lea leah leandro leann
leanne leigh leila leire lela leland lena lenka lenora lenore leo leola leon leona leonard leonardo leonie leonor lerato leroy lesley leslie
lessie lester letha leticia letícia levi lewis lidia lieke lila lilia lilian liliana lillian lillie lilly lina linda lindsay lindsey linh linnea
lionel lisa liza lizzie lloyd logan lois lola lonnie lora loraine loredana loren lorena lorene lorenzo loretta lori lorie lorna lorraine lorrie
lotte lottie lou louie louis louisa louise lowell loyd loïc luann luc luca lucas lucia lucie lucile lucille lucinda lucy lucía ludovica luella
luigi luis luisa luiz luiza lukas luke lula lupe luther luuk luz luís luíza lydia lyle lynda lynette lynn lynne lynnette léa lívia maarten mabel
mable mack madeline madelyn madge mae magdalena maggie maja malcolm malinda mallory mamie mandy manfred manoj manon manuel manuela marc marcel
marcella marci marcia marcie marco marcos marcus marcy marek margaret margarita margaux margery margie margo margot margret marguerite mari maria
marian mariana marianne maribel maricela marie marie-claire marieke marietta marija marilyn mario marion marisa marisol marissa maritza marjorie
markus marla marlene marlin marloes marlon marsha marshall marta martha martijn martin martina marty marva marvin mary maryann maryanne marylou
maría massimo mateo mathew mathieu mathilde mathis matilda matt matteo matthew matthias matthieu matti mattia mattie maude maureen maurice
mauricio mavis maxime maxine maxwell maynard mayra małgorzata meagan mees megan meghan mehmet melanie melba melinda melisa melissa melva melvin
meredith merle merve mia micah michael michał micheal michel michele michelle mickey mieke miguel mika mike mikhail mikkel milagros mildred
milica millard millie milton min-jun mindy minerva minh minnie miranda miriam misty mitchell mitzi mohamed moises mollie molly mona monica monika
monique monte montserrat monty morgan moritz morris morten murat muriel murilo murray mustafa myra myrna myron myrtle nadia nadine naledi nancy
nanette nannie naoko naomi natalia natalie natasha nathalie nathan nathaniel neal ned neha neil nelda nell nellie nelson nettie neva ngozi nguyen
niamh niccolò nicholas nichole nickolas nicolas nicole nicolás nicolò niels nikki niklas nikola nikolai nils nina nita noe noelia noemi nola
nolan nona noor nora norbert noreen norma norris noémie nuno nuria océane odell odessa odile ofelia oisin oksana ola oleg oleksandr olena olga
oliver olivia olivier ollie oluwaseun omar ophelia ora orlando orville oscar osman otis otto otávio owain owen pablo padraig pam pamela paola
paolo pascal patrica patrice patricia patrick patrizia patrícia patsy patti patty paul paula paulette pauline pavel paweł pearlie pedro peggy
pekka penelope percy perry petar pete peter petr petra phil philip phillip phyllis pierre pieter pietro pilar piotr polly pooja pradeep preston
priscilla priya päivi quentin quincy quinton rachael rachel rachelle rae rafael rafaela raffaella rahul rainer rajesh ralf ralph ramesh ramiro
ramon ramona randal randall randi randolph randy raphael raphaël raquel rashid rasmus raul ravi raymond raúl reba rebecca rebekah reggie regina
reginald reiner rena renate rene renee reuben reva rex reynaldo rhoda rhonda rhys ricardo riccardo richard rick rickey rickie ricky rigoberto
riitta riley rita robbie robert roberta roberto robyn rocco rochelle rocky rocío roderick rodger rodney rodolfo rodrigo rogelio roger rohan
roland rolando romain romeo ron ronald ronda ronnie roos roosevelt rory rosa rosalie rosalind rosalinda rosalyn rosanna rosanne rosario roscoe
roseann rosella rosemarie rosemary rosetta rosie roslyn ross roxanne roxie royce ruben rubén rudolph rudy rufus rui russel russell rutger ruth
ruthie ryan rémi rüdiger sabine sabrina sadie sakura sallie sally salma salvador salvatore sam samantha samira sammie sammy samuel sandra sanjay
sanna sanne santos saoirse sara sarah sasha saskia satoshi saul saundra scot scott scotty sean sebastian sebastián selena selma sem seo-yeon
serena sergei sergey sergio seth shana shane shanna shannon shari sharon sharron shaun shauna shawn shawna sheena sheila shelby sheldon shelia
shelley shelly sheri sherman sherri sherrie sherry sheryl shirley shreya sidney siegfried sigrid silke silvia simon simone siobhan sipho sjoerd
socorro sofia sofía solomon sondra sonia sonja sonya sophia sophie srinivas stacey staci stacie stacy stan stanley stefan stefanie stefano stella
stephan stephanie stephen steve steven stewart stijn stuart stéphane stéphanie sunil sunita suresh susan susana susanne susie suzanne suzette
sven svetlana sybil sylvester sylvia sylvie sébastien søren tabatha tabitha takashi tamara tameka tami tamika tammi tammie tammy tania tanisha
tanya tara tariq tasha tatiana ted teddy terence teresa teri terrance terrell terrence terri terrie terry teun thabo thaddeus thanh thaís thelma
theodore theresa therese thiago thibault thierry thijs thomas thorsten thurman tia tiago tiffany tiina tijn till tim timmy timo timothy tina
tobias toby todd tom tomas tomasz tommie tommy tomás tomáš toni tonia tony tonya torsten tracey traci tracie tracy travis trent trevor tricia
trina trisha troy trudy truus tunde tyrone tyson ulrike ursula ute uwe valarie valentina valeria valerie valérie van vance vanessa vaughn velma
venkatesh vera verna vernon veronica verónica vicente vicki vickie vicky victoria vijay vikram vincent vinícius viola virgie virgil vitória
vivian vladimir volker volodymyr véronique wallace walter wanda warren wayne wei wendell wendy werner wesley whitney wilbert wilbur wiley wilfred
wilfredo willa willard willem william williams willie willis wilma wilson winifred winnie winston wojciech wolfgang woodrow wouter xavier
xiaoming yan yasmin yasmine yesenia yoko yolanda youssef yuki yulia yuri yusuf yves yvette yvonne zachary zainab zanele zbigniew zdeněk zelma
zeynep zoran zoé álvaro ángel åke åsa élodie émilie étienne íñigo óscar ömer øyvind łukasz
"""
GIVEN_NAMES = frozenset(_NAMES.split())
