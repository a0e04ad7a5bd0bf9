"""What a command began is carried out before it ends: by the process that works in this home, or else by this one."""

import asyncio

from bot.office import Office
from bot.settings import Settings
from bot.worker import WorkerBusy, working

_LOOK_S = 0.05


async def work_off(office: Office, settings: Settings, *, patience_s: float = 60.0) -> bool:
    """Wait until no work is left; False if some still is, or another process does it."""
    try:
        async with working(office, settings.worker_lock):
            for _ in range(int(patience_s / _LOOK_S)):
                if not await office.queue.unfinished():
                    return True
                await asyncio.sleep(_LOOK_S)
    except WorkerBusy:
        return False
    return False
