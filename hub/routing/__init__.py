"""The router: who is offered which work, when, and why.

The core is pure. ``core.step(state, input, now)`` is its only door; the rest of it reads best in
this order:

    model         the words                       inputs, effects   what goes in, what comes out
    lines         a sorted row                    keys              order as one whole number
    requirements  who is able                     capacity          who has room
    index         demands and supplies            standing          where an agent stands
    selection     the first item, the best agent  decision          matching until nothing is left
    offers        the offer machine               waiting           standing in line
    lifecycle     the item machine                carrying          what an agent carries
    presence      the agent machine               configuration     change under way
    timers        time as data                    snapshots         the whole as values, and back
    why, explain  the reasons                     positions         the place of who waits
    invariants    what must hold                  learning          what experience teaches
    steering      queues help each other          scarcity          whom others need most
    conditions    when more agents may help

Around it: ``store`` (rows), ``service`` and ``api`` (what people do), ``runner`` (the core in the
world).
"""
