"""Hooks of the weather panel: everybody begins with a place, and days that are no week are told."""

from pluginhub.hooks import HookContext, LifecycleHooks, Status

KNOWN_PLACES = {"Hamburg", "Lisbon", "Oslo"}


class Hooks(LifecycleHooks):
    """Keeps the place of every user one that there is weather for."""

    def on_install(self, context: HookContext) -> None:
        """Begin with the default place; what is set here, the user may change later."""
        context.config.setdefault("place", "Hamburg")

    def on_update(self, context: HookContext, from_version: str) -> None:
        """Take over the place that the user had, if there still is weather for it."""
        if context.config.get("place") not in KNOWN_PLACES:
            print(f"no weather for {context.config.get('place')!r} since {from_version}")
            context.config["place"] = "Hamburg"

    def status(self, context: HookContext) -> Status:
        """Be healthy where there is weather."""
        place = context.config.get("place")
        if place in KNOWN_PLACES:
            return Status("healthy")
        return Status("unhealthy", f"there is no weather for {place!r}")
