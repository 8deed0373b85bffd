"""Which mark of an answer counts, as SQL, in one place: `marks.py` of the assessments has the same meaning."""

from __future__ import annotations

HUMAN_MARK = """
SELECT avg(said.score) AS score FROM reviews said WHERE said.answer_id = {answer} AND NOT EXISTS (
    SELECT 1 FROM reviews later WHERE later.answer_id = {answer}
    AND (later.created_at, later.id) > (said.created_at, said.id)
    AND (later.settles OR later.reviewer_id IS NOT DISTINCT FROM said.reviewer_id))
"""
"""People's mark: the mean of what each said last, from the newest settlement on; NULL where nobody has looked."""

MACHINE_MARK = """
SELECT s.score, s.confidence, s.report FROM assessments s WHERE s.answer_id = {answer}
ORDER BY s.created_at DESC, s.id LIMIT 1
"""
"""The machine's newest."""


def marks_of(answer: str) -> str:
    """Two lateral joins, `human` and `machine`, for the answer that an SQL expression names."""
    return (
        f"LEFT JOIN LATERAL ({HUMAN_MARK.format(answer=answer)}) AS human ON true "
        f"LEFT JOIN LATERAL ({MACHINE_MARK.format(answer=answer)}) AS machine ON true"
    )


MARK = "coalesce(human.score, machine.score)"
"""The mark that counts, after `marks_of`."""
