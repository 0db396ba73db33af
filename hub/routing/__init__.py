"""The router: who is offered which work, when, and why."""
