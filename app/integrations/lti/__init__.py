"""LTI 1.3 with deep linking and grade return: course platforms (Moodle, Canvas and others) launch interviews.

Viva is the tool. `launching` is the way in, `sittings` the interview of a learner, `grades` the way back; docs/lti.md
says how an administrator connects a platform, and what Viva takes and refuses.
"""
