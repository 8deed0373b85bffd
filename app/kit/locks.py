"""PostgreSQL's advisory locks that Viva takes: all in one place, so that no two things share one by accident."""

from __future__ import annotations

from enum import IntEnum, unique


@unique
class Lock(IntEnum):
    """What each lock is for."""

    MIGRATE = 0x76697661
    """One of several starting processes migrates ("viva")."""
    SEED = 0x73656564
    """One loads the bank ("seed")."""
    SCORING_SWEEP = 7310868735422128995
    AUTHORING_SWEEP = 7310868735422128996
    ANALYTICS = 7310868735422128997
    """One counts; the first count of many organisations takes minutes."""
    EVENTS = 7310868735422128999
    """One gives events their numbers."""
    EXPORT_SWEEP = 7310868735422129011
    FIRST_ADMIN = 7310868735422128998
    """Two who open the first admin's link at once come one after the other."""
    LTI_KEYS = 7310868735422129000
    """Two who need the first key at once get the same one."""
    LTI_PERSON = 0x6C746970
    """Beside a hash of who it is ("ltip"): launches of one person go one after the other."""
