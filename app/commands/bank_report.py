"""What `viva bank check` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from app.bank.checks.run import CheckResult
from app.bank.question_file import QuestionFile

_MARKS = {"met": "●", "partial": "◐", "missed": "○", "contradicted": "✗", "unsure": "?"}


def told(result: CheckResult, question: QuestionFile, *, whole: bool, quiet: bool) -> Iterator[str]:
    """A question's result: a line, its findings, and with `whole` how each sample was judged."""
    errors = [finding for finding in result.findings if finding.severity == "error"]
    warnings = [finding for finding in result.findings if finding.severity == "warning"]
    trial = result.trial
    if quiet and not errors:
        return
    yield (
        f"{'✗' if errors else '✓'} {result.slug}: {trial.in_order} of {len(trial.pairs)} pairs in order,"
        f" {sum(sample.in_band for sample in trial.samples)} of {len(trial.samples)} samples in band,"
        f" {len(errors)} errors, {len(warnings)} warnings"
    )
    for finding in errors if quiet else result.findings:
        yield f"    {finding}"
    if not whole:
        return
    yield "    sample              grade  score  by the rubric alone; ● met ◐ partly ○ missed ✗ contradicted"
    for sample, entry in zip(trial.samples, question.samples, strict=True):
        marks = "".join(_MARKS[criterion.verdict] for criterion in sample.report.criteria)
        yield f"    {sample.kind:<18}  {sample.grade:>4.2f}   {sample.score:>4.2f}   {sample.by_rubric:.2f} {marks}"
        for criterion in sample.report.criteria:
            words = "" if criterion.evidence is None else entry.text[slice(*criterion.evidence)]
            said = " ".join(words.split())
            yield f"        {_MARKS[criterion.verdict]} {criterion.credit:.2f} {criterion.id}: {said[:150]}"
    for attack in trial.attacks:
        yield f"    attack {attack.kind:<26} {attack.score:.2f}"


def told_all(results: Sequence[CheckResult], questions: Mapping[str, QuestionFile]) -> Iterator[str]:
    """The sum over all questions."""
    pairs = [gap for result in results for _, _, gap in result.trial.pairs]
    samples = [sample for result in results for sample in result.trial.samples]
    bad = [result.slug for result in results if not result.passes]
    yield (
        f"{len(results) - len(bad)} of {len(results)} questions pass. Pairs of samples in order:"
        f" {sum(gap > 0 for gap in pairs)} of {len(pairs)} ({sum(gap > 0 for gap in pairs) / max(1, len(pairs)):.1%});"
        f" samples in band: {sum(one.in_band for one in samples)} of {len(samples)}"
        f" ({sum(one.in_band for one in samples) / max(1, len(samples)):.1%})."
    )
    if bad:
        yield f"May not be published: {', '.join(bad)}."
