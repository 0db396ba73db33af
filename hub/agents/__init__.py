"""Who answers: agents, supervisors and administrators, their sessions, and what each of them may
do.
"""
