"""The scoring card: the figures of an evaluation as Markdown, and its pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from app.evaluation.agreement import MEASURES, Attacked
from app.evaluation.aims import aims
from app.evaluation.curve import REVIEWS
from app.evaluation.run import Evaluation
from app.kit.errors import OperatorError
from app.scoring.learnt import shipped
from app.scoring.receipt import ENGINE

HEAD = """\
# Scoring card

How well Viva's scorer agrees with people. Made by `viva evaluate --card docs/scoring-card.md`, which gives the same
figures each time; what the words mean is in [scoring.md](scoring.md).
"""
AGREEMENT = """\
Pearson's r with the human grade, pooled over a set; *within*: after each question's mean is taken away; *given length*:
partial, given the logarithm of the number of words; root mean squared error on 0–1; quadratic weighted kappa on the
set's own scale (SemEval's grades are classes). Length, recall and cosine are put on the scale of grades by a straight
line fitted on the other sets; Viva's scores are taken as they come. Answers that repeat the reference and blank ones
are left out.
"""
HELD_OUT = """\
Each public set is judged by weights that were trained without it (`viva train --held-out all`): its rows show how Viva
does on an exam that it has never seen. The score by a rubric is fitted on the bank's samples, beside which Viva's own
graded answers count 15 %; here each tenth of the questions is judged by a curve that was fitted without it. But the
bank's rubrics were mended with these samples in view, so answers of other people will do worse than its figures say.
The weights have not seen a set's answers; we have. Bounds, thresholds, what a curve asks for and how graded answers
correct were chosen by what they did on these same sets, so a new exam may do somewhat worse.
"""


REVEALED = """\
A question's grades are hidden and revealed one at a time, as reviews come in; each review corrects the scores of later
answers. Mean absolute error in points of 100 (and r) on the same later answers at every step, mean of five orders;
questions with at least 24 answers. *Toward people*: share of questions whose later answers moved, in the mean, toward
their grades by twelve reviews.
"""


def number(value: float | None, digits: int = 2) -> str:
    """A figure without its leading zero; a dash for none."""
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.{digits}f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.{digits}f}"


def percent(value: float) -> str:
    """A share in percent."""
    return f"{100 * value:.0f} %"


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def tables(found: Evaluation) -> str:
    """All figures as Markdown, without pictures."""
    parts = [
        f"Engine {ENGINE}, calibration `{shipped().digest[:12]}`.",
        HELD_OUT,
        "## Aims\n",
        _aims(found),
        "## Agreement with people\n",
        AGREEMENT,
        _agreement(found),
    ]
    if found.with_blanks:
        parts.append(
            f"With digiklausur's {found.with_blanks[0]} blank answers, which score 0: r {number(found.with_blanks[1])}."
        )
    parts += [
        "## With graded answers to the same question\n",
        "r on the answers left, without and with k graded answers of each question (mean of five draws).\n",
        _samples(found),
        "## Reviews revealed one at a time\n",
        REVEALED,
        _revealed(found),
        "## Attacks\n",
        "Share that gets half marks or more, and the mean fall from the text that the attack was made of.\n",
        _attacks({**{name: one.attacks for name, one in found.sets.items()}, "the bank": found.bank_attacks}),
    ]
    if found.paraphrases:
        count, high, mean = found.paraphrases
        parts.append(
            f"References of SemEval's questions judged by another reference of the same question ({count}):"
            f" {percent(high)} at .75 or above, mean {number(mean)}."
        )
    parts += [
        "## Attacks where a person has graded eight answers\n",
        "Share that gets half marks or more without → with them (of how many); questions with 12 answers or more.\n",
        _beside_grades(found),
        "## Knowing when not to know\n",
        "Of the answers that it is surest of, the share that is off by more than .2 (mean error).\n",
        _coverage(found),
        "## By length of the answer\n",
        "r, and the mean of score less grade (above 0: too kind), by thirds of the number of words.\n",
        _lengths(found),
        "## The bank's own samples\n",
        "Pairs of samples of one question in the right order, samples in the band of their grade, and the share of each"
        " kind that gets half marks or more. With samples, each answer is corrected by the question's others, and each"
        " pair by those that are left when both are taken away.\n",
        _bank(found),
        "The same by the rubric and the question's other samples, by kind and level of question:\n",
        _bank_groups(found),
    ]
    return "\n".join(part if part.endswith("\n") else part + "\n" for part in parts)


def _aims(found: Evaluation) -> str:
    rows = [
        [what, number(wanted), f"**{number(reached)}**", "reached" if enough else "not reached"]
        for what, wanted, reached, enough in aims(found)
    ]
    return table(["what", "aim", "is", ""], rows)


def _agreement(found: Evaluation) -> str:
    rows = []
    for name, one in found.sets.items():
        for measure in MEASURES:
            figures = one.measures[measure]
            mark = "**" if measure == "Viva" else ""
            rows.append(
                [
                    f"{name} ({one.answers:,} answers, {one.questions} questions)" if measure == MEASURES[0] else "",
                    f"{mark}{measure}{mark}",
                    *(f"{mark}{number(v)}{mark}" for v in (figures.r, figures.within, figures.partial, figures.rmse)),
                    number(figures.kappa),
                ]
            )
    return table(["set", "measure", "r", "within", "given length", "RMSE", "kappa"], rows)


def _samples(found: Evaluation) -> str:
    counts = sorted({k for one in found.sets.values() for k in one.samples})
    rows = []
    for name, one in found.sets.items():
        cells = [
            f"{number(one.samples[k][0])} → **{number(one.samples[k][1])}** ({one.samples[k][2]:,})"
            if k in one.samples
            else "–"
            for k in counts
        ]
        rows.append([name, *cells])
    return table(["set", *(f"k = {k}" for k in counts)], rows)


def _revealed(found: Evaluation) -> str:
    rows = []
    for name, one in found.sets.items():
        if one.curve is None:
            continue
        cells = [f"{100 * point.error:.1f} ({number(point.r)})" for point in one.curve.points]
        twelve = next(point.toward for point in one.curve.points if point.reviews == 12)
        about = f"{name} ({one.curve.questions} questions, {one.curve.answers:,} answers)"
        rows.append([about, *cells, percent(twelve) if twelve is not None else "–"])
    return table(["reviews", *map(str, REVIEWS), "toward people"], rows)


def _attacks(found: dict[str, dict[str, Attacked]]) -> str:
    rows = []
    for name, kinds in found.items():
        for kind, one in kinds.items():
            cells = (percent(one.cosine_passes), f"**{percent(one.passes)}**", number(one.drop))
            rows.append([name if kind == next(iter(kinds)) else "", kind, one.count, *cells])
    return table(["set", "attack", "made", "cosine passes", "Viva passes", "fall"], rows)


def _beside_grades(found: Evaluation) -> str:
    kinds = list(dict.fromkeys(kind for one in found.beside_grades.values() for kind in one))
    rows = [
        [
            kind,
            *(
                f"{percent(one[kind][0])} → **{percent(one[kind][1])}** ({one[kind][2]})" if kind in one else "–"
                for one in found.beside_grades.values()
            ),
        ]
        for kind in kinds
    ]
    return table(["attack", *found.beside_grades], rows)


def _coverage(found: Evaluation) -> str:
    shares = (1.0, 0.8, 0.6, 0.4, 0.2)
    rows = []
    for name, one in found.sets.items():
        at = {round(share, 2): (risk, error) for share, risk, error in one.coverage}
        rows.append([name, *(f"{percent(at[share][0])} ({number(at[share][1])})" for share in shares)])
    return table(["set", *(f"surest {percent(share)}" for share in shares)], rows)


def _lengths(found: Evaluation) -> str:
    rows = [[name, *(f"{number(r)}, {bias:+.2f}" for _, _, r, bias in one.lengths)] for name, one in found.sets.items()]
    return table(["set", "short", "middling", "long"], rows)


def _bank(found: Evaluation) -> str:
    kinds = sorted({kind for one in found.bank.values() for kind in one.passes})
    rows = [
        [
            name,
            f"{number(one.in_order)} of {one.pairs:,}",
            number(one.in_band),
            *(percent(one.passes.get(kind, 0.0)) for kind in kinds),
        ]
        for name, one in found.bank.items()
    ]
    return table(["judged by", "pairs in order", "in band", *kinds], rows)


def _bank_groups(found: Evaluation) -> str:
    rows = [
        [one.name, one.questions, f"{number(one.in_order)} of {one.pairs:,}", number(one.in_band)]
        for one in found.bank_groups
    ]
    return table(["questions", "how many", "pairs in order", "in band"], rows)


def write_card(found: Evaluation, path: Path) -> None:
    """Write the card, and its pictures beside it in `images/`."""
    pictures = _pictures(found, path.parent / "images")
    shown = "\n".join(f"![{title}](images/{name})\n" for name, title in pictures)
    path.write_text(f"{HEAD}\n{tables(found)}\n## Pictures\n\n{shown}", encoding="utf-8")


def _pictures(found: Evaluation, folder: Path) -> list[tuple[str, str]]:
    # Imported here: only those who write the card need it.
    try:
        import matplotlib
    except ImportError:
        raise OperatorError(
            "The card's pictures are drawn by matplotlib, which is not installed: install Viva's development tools."
        ) from None

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "viva", "font.size": 10, "figure.figsize": (6.4, 3.8)})
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, title, x, y in (
        (
            "scoring-coverage",
            "Risk against coverage",
            "share left to the machine, the surest first",
            "off by more than .2",
        ),
        ("scoring-calibration", "Reliability of the score", "score", "mean grade"),
        ("scoring-sureness", "Reliability of the confidence", "confidence", "share within .2 of the grade"),
    ):
        figure, axes = plt.subplots()
        for set_name, one in found.sets.items():
            points = {
                "scoring-coverage": [(share, risk) for share, risk, _ in one.coverage],
                "scoring-calibration": [(p, o) for p, o, n in one.calibration if n >= 10],
                "scoring-sureness": [(p, o) for p, o, n in one.sureness if n >= 10],
            }[name]
            axes.plot(*zip(*points, strict=True), marker="o", markersize=3, linewidth=1.2, label=set_name)
        if name != "scoring-coverage":
            axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle=":")
        axes.set(xlabel=x, ylabel=y, title=title, xlim=(0, 1.02), ylim=(0, 1.02))
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        figure.tight_layout()
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        plt.close(figure)
        drawn.append((f"{name}.svg", title))
    drawn.append(_reviews_picture(found, folder))
    return drawn


def _reviews_picture(found: Evaluation, folder: Path) -> tuple[str, str]:
    import matplotlib.pyplot as plt

    name, title = "scoring-reviews.svg", "Error of later answers by number of reviews"
    figure, axes = plt.subplots()
    for set_name, one in found.sets.items():
        if one.curve is not None:
            points = [(point.reviews, point.error) for point in one.curve.points]
            axes.plot(*zip(*points, strict=True), marker="o", markersize=3, linewidth=1.2, label=set_name)
    axes.set(xlabel="reviews of the question", ylabel="mean absolute error", title=title, ylim=(0, None))
    if axes.lines:
        axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(folder / name, metadata={"Date": None})
    plt.close(figure)
    return name, title
