"""The real router in virtual time: scenarios that must come true, and loads that are measured.

Nothing of routing is written here a second time: everything is ``core.step``, told the inputs of
``inputs`` and heard by the effects of ``effects``. It reads best in this order:

    reading     YAML by the types of what it stands for     setting   rules, queues, agents
    scenario    a timeline, read                            playing   ... and played
    expecting   what should come true
    laws        chances: when they come, how long it takes
    load        a crowd, read                               crowd     ... and sent in
    results     what came of it, with its uncertainty       run       files in, words out

The format is described in ``docs/simulation.md``.
"""
