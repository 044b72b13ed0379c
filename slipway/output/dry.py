"""What `--dry` prints: the plan, then every script as it would run."""

from __future__ import annotations

from slipway.step import Plan, compose


def show(plan: Plan) -> None:
    """Print a plan: phases and steps first, then each phase's script for each host."""
    for number, phase in enumerate(plan.phases, 1):
        steps = next(iter(phase.steps.values()), ())
        print(f"{number}. {phase.title} on {', '.join(phase.steps) or 'no host'}")
        for step in steps:
            print(f"   - {step.title}{' (reads data that is sent with it)' if step.payload else ''}")
    for phase in plan.phases:
        for host, steps in phase.steps.items():
            print(f"\n# {phase.title} on {host}\n{compose(steps)}")
