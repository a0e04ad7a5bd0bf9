"""What features.yml may say, and what it is told when it may not."""

import pytest

from agents.features.definitions import FeatureFileError, load_features

GOOD = """
features:
  - {name: spend_7d, version: 1, entity: campaign, formula: spend, window_days: 7, ttl_days: 3, owner: ops, description: cost}
"""


def test_the_shipped_file_is_sound_and_every_feature_has_an_owner():
    found = load_features()
    assert {"spend_7d", "roas_28d", "conversions_28d"} <= set(found)
    assert all(one.owner and one.description for one in found.values())


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (GOOD.replace("formula: spend", "formula: spent"), "spend_7d: formula: 'spent': 'spent' is not a measure"),
        (GOOD.replace("version: 1", "version: 0"), "spend_7d: version:"),
        (GOOD.replace("owner: ops, ", ""), "spend_7d: owner: Field required"),
        (GOOD + GOOD.strip().removeprefix("features:"), "spend_7d: name: defined twice"),
        ("features: 3", "features: a list of definitions is missing"),
        ("{", "cannot be read"),
    ],
)
def test_a_wrong_file_says_feature_and_key(tmp_path, broken, fault):
    path = tmp_path / "features.yml"
    path.write_text(broken)
    with pytest.raises(FeatureFileError) as refused:
        load_features(path)
    assert f"features.yml: {fault}" in str(refused.value)


def test_the_digest_follows_the_value_and_not_the_words():
    one = load_features()["roas_28d"]
    assert one.digest == one.model_copy(update={"description": "in other words"}).digest
    assert one.digest != one.model_copy(update={"window_days": 7}).digest
