"""The score in use is frozen: the same evidence, the same number, the same version."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from tests.builders import a_context, a_draft, a_route, a_ticket, passed

from firstline.records import Answer, Intent, Verdict, decode, encode
from firstline.trust.calibration import NotFittedError
from firstline.trust.score import features, prior, smoothed
from firstline.trust.scorer import PRIOR_VERSION, Judged, Scorer, fit_scorer

EXPORT = Intent("export_data")
ANSWER = Answer(
    ticket=a_ticket(),
    route=a_route(),
    context=a_context(),
    draft=a_draft(),
    findings=passed(),
    verdict=Verdict(action="review", score=0, reasons=(), autonomy="review"),
)


def judged(count: int = 200, seed: int = 1) -> list[Judged]:
    """Return labelled replies that are right as often as `route_probability` says."""
    draw = random.Random(seed)  # noqa: S311 - drawing test labels
    base = features(ANSWER)
    return [
        Judged(
            features={**base, "route_probability": quality},
            intent=EXPORT if at % 2 else Intent("import_data"),
            right=draw.random() < quality,
        )
        for at, quality in ((at, draw.random()) for at in range(count))
    ]


def test_before_labels_the_prior_scores() -> None:
    """It is the prior of the features, with a name of its own, and 0 for what is no answer."""
    assert Scorer().version == PRIOR_VERSION
    assert Scorer().score(ANSWER) == prior(features(ANSWER))
    assert Scorer().score(replace(ANSWER, draft=a_draft(action="escalate"))) == 0


def test_a_fitted_score_survives_storage() -> None:
    """It scores to the last digit as before, under the same version."""
    fitted = fit_scorer(judged())
    again = decode(Scorer, encode(fitted))
    assert again == fitted
    assert again.version == fitted.version != PRIOR_VERSION
    assert again.score(ANSWER) == fitted.score(ANSWER)
    assert fit_scorer(judged(seed=2)).version != fitted.version


def test_the_history_is_frozen_with_the_score() -> None:
    """What is known of an intent is what the fitting labels said, smoothed; of others nothing."""
    labels = judged()
    fitted = fit_scorer(labels)
    mine = [one.right for one in labels if one.intent == EXPORT]
    assert fitted.history[EXPORT] == smoothed(sum(mine), len(mine))
    assert fitted.features(ANSWER)["history"] == fitted.history[EXPORT]
    assert fitted.completed({}, Intent("unheard"))["history"] == 0.5
    assert fitted.completed({}, None)["history"] == 0.5


def test_a_label_does_not_tell_itself_through_the_history() -> None:
    """With one intent a reply and luck alone, the history gets no weight worth having."""
    draw = random.Random(5)  # noqa: S311 - drawing test labels
    labels = [
        Judged(features=features(ANSWER), intent=Intent(f"i{at}"), right=draw.random() < 0.5)
        for at in range(100)
    ]
    fitted = fit_scorer(labels)
    rows = [fitted.completed(one.features, one.intent) for one in labels]
    scores = {round(fitted.of(row), 6) for row in rows}
    assert fitted.calibration is not None
    assert max(map(abs, fitted.calibration.weights)) < 1e-6, scores


def test_a_good_score_has_a_good_card() -> None:
    """On labels it has not seen it ranks well, and the signal that matters is named."""
    fitted, fresh = fit_scorer(judged(400)), judged(400, seed=9)
    rows = [fitted.completed(one.features, one.intent) for one in fresh]
    card = fitted.card(rows, [one.right for one in fresh])
    assert card.auroc is not None
    assert card.auroc > 0.75
    assert card.importance[0][0] == "route_probability"
    plain = Scorer().card(rows, [one.right for one in fresh])
    assert plain.importance[0][0] == "route_probability"


def test_too_few_labels_fit_nothing() -> None:
    """The reason says how many there are and how many it takes."""
    with pytest.raises(NotFittedError, match="8 labels"):
        fit_scorer(judged(8))
