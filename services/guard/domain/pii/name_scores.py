"""How sure a classifier must be of a name: the least scores of its best word, by what supports it."""

GIVEN_NAME_SCORE = 0.1
"""With a known given name."""
INTRODUCED_SCORE = 0.2
"""Behind an introduction, above an address, or with a known given name as the label of a speaker."""
FULL_NAME_SCORE = 0.35
"""With two capitalised words of which lists know one."""
MANIFEST_NAME_SCORE = 0.4
"""With one unlisted word in prose that is written as hardly anything but names are."""
SENTENCE_START_SCORE = 0.5
"""With a known given name alone where any word has a capital, or in a language unknown to the classifier."""
UNKNOWN_NAME_SCORE = 0.6
"""With two capitalised words that no list has, or one in prose that is written like a name."""
SUPPORTED_LOWER_CASE_SCORE = 0.6
"""In lower case behind an introduction, or with a known given name before another name."""
LIKELY_NAME_SCORE = 0.7
"""With a surname in prose, a word like a name where a sentence begins, or a full name alone in its line."""
SINGLE_NAME_SCORE = 0.78
"""With one capitalised word behind a verb that takes a person, or a given name in lower case in prose."""
SUBJECT_SCORE = 0.8
"""With a name that is also another word before *is* or *has*."""
AMBIGUOUS_NAME_SCORE = 0.9
"""With one word that is a name and also another word, or a given name in quotation marks or foreign prose."""
UNLIKELY_NAME_SCORE = 0.93
"""With one unlisted word in prose that is not written like a name."""
UNSUPPORTED_SCORE = 0.97
"""With one listed name in lower case or at the begin of a sentence, which the text hardly supports."""
IMPROBABLE_NAME_SCORE = 0.98
"""With one unlisted word in prose that is written as names hardly ever are."""
CERTAIN_SCORE = 0.985
"""With one word in lower case that is a name and an ordinary word, in prose about persons."""
NEVER = 2.0
"""More than any score: words without support are no name."""
