"""The profiles, read without blocking the event loop."""

import asyncio

from .profiles import Profile, read_profile


async def async_profile(integration: str) -> Profile:
    """Return the profile of an integration."""
    return await asyncio.get_running_loop().run_in_executor(None, read_profile, integration)
