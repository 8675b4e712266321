"""Every registered detector passes every check that applies to it; a new one needs an entry."""

import pytest

from labelnext import plugins
from labelnext.detectors.contract import CHECKS, abilities, run
from tests.detectors.subjects import SUBJECTS


@pytest.fixture(scope="module")
def subject(request, tmp_path_factory):
    return SUBJECTS[request.param](tmp_path_factory.mktemp(request.param))


every_subject = pytest.mark.parametrize("subject", SUBJECTS, indirect=True, scope="module")


def test_every_registered_detector_has_an_entry():
    assert set(plugins.names("detectors")) <= {name.partition(" ")[0] for name in SUBJECTS}


@every_subject
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_it_holds_to(check, subject):
    (outcome,) = run(subject, checks=[check])
    assert outcome.state != "failed", f"{outcome.expected}. Got {outcome.got}. {outcome.remedy}"


@every_subject
def test_what_it_can_do_is_told(subject):
    found = abilities(subject)
    assert found[0].partition(" ")[0] in ("predicts", "looks")
