"""Kinds and detectors: each kind can be found, each detector finds declared kinds only."""

from schemas.detections import (
    DETECTORS,
    KINDS,
    PERSONAL_KINDS,
    PUBLIC_KINDS,
    KindDeclaration,
    is_personal,
)


def test_every_kind_is_found_by_a_detector_and_every_detector_finds_declared_kinds() -> None:
    found = {kind for detector in DETECTORS.values() for kind in detector.kinds}

    assert found == set(KINDS)
    assert all(detector.kinds for detector in DETECTORS.values())


def test_every_kind_says_what_it_means_in_words_of_its_own() -> None:
    meanings = [kind.meaning for kind in KINDS.values()]

    assert all(meanings)
    assert len(set(meanings)) == len(meanings)


def test_a_kind_about_a_person_is_personal_unless_it_is_known_to_all() -> None:
    personal = {kind for kind in KINDS if is_personal(kind)}

    assert personal == set(PERSONAL_KINDS) - PUBLIC_KINDS
    assert "EMAIL_ADDRESS" in personal
    assert not personal & {"SECRET", "PUBLIC_FIGURE", "TOXICITY", "no such kind"}


def test_a_personal_kind_of_a_plug_in_is_personal_too() -> None:
    KINDS.declare(KindDeclaration("BADGE", "the number of a badge", "personal"), "acme")
    try:
        assert is_personal("BADGE")
    finally:
        KINDS.withdraw("acme")

    assert not is_personal("BADGE")
