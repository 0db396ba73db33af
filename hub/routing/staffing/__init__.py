"""How many agents a demand needs: Erlang's formulas, goals, and a plan for a day.

All of it is pure arithmetic on seconds and shares. It reads best in this order:

    erlang        what a pool does in its steady state      gamma       the gamma distribution
    goals         the least agents that reach a goal        waits       the wait behind a queue
    square_root   the rule of thumb for large pools         redials     callers who try again
    forecast      a day told by the same weekdays before    plan        agents for each interval
    tables        what people hand in as CSV                telling     what they are shown
"""
