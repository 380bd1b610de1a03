"""Which items a user may be shown on a surface, beside what their region offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from recsql.numerics.sessions import Flags, Ints
from recsql.serving.columns import Ask, numbers_of, owners

NO_ITEM = -1  # of a list of a user's own of which nothing may be shown


@dataclass(frozen=True)
class Rights:
    """What single users, and surfaces with a catalogue of their own, narrow down.

    Attributes:
        blocked: by user number, the places of what they are never shown.
        own: by user number, the places of all that they are shown, where that is a list
            of their own.
        catalogues: by surface and profile, what is in the catalogue.
        profiles: by surface, the profile of each user number; 0: of none.
    """

    blocked: Mapping[int, Ints] = field(default_factory=dict)
    own: Mapping[int, Ints] = field(default_factory=dict)
    catalogues: Mapping[str, Mapping[int, Flags]] = field(default_factory=dict)
    profiles: Mapping[str, Ints] = field(default_factory=dict)

    def narrowed(self, flags: Flags, user: int | None, surface: str) -> Flags:
        """Return which of the marked items a user may be shown on a surface.

        Who is not known sees what is in the catalogue of every profile.
        """
        flags = flags.copy()
        number = -1 if user is None else user
        if (blocked := self.blocked.get(number)) is not None:
            flags[blocked] = False
        if (places := self.own.get(number)) is not None:
            listed = np.zeros(len(flags), dtype=bool)
            listed[places[places != NO_ITEM]] = True
            flags &= listed
        catalogues = self.catalogues.get(surface)
        if catalogues is None:
            return flags
        profile = 0 if user is None else int(self.profiles[surface][user])
        if profile:
            nothing = np.zeros(len(flags), dtype=bool)
            return flags & catalogues.get(profile, nothing)
        for catalogue in catalogues.values():
            flags &= catalogue
        return flags


def read_rights(ask: Ask, numbers: Mapping[str, int], item_count: int) -> Rights:
    """Return the rights of a version; what it does not publish narrows nothing.

    Args:
        ask: gives the rows of a query of `queries/serve/` by name, or None.
        numbers: each user's number.
        item_count: how many items there are.
    """
    limits, profiles = ask("service_limits"), ask("service_profiles")
    sides: tuple[dict[int, Ints], dict[int, Ints]] = ({}, {})
    if limits is not None and limits.num_rows:
        users = owners(limits, numbers)
        places = numbers_of(limits["item_place"].fill_null(NO_ITEM)).astype(np.int32)
        is_own = numbers_of(limits["is_allowed"]).astype(bool)
        for side, marked in zip(sides, (~is_own, is_own), strict=True):
            whose, starts = np.unique(users[marked], return_index=True)
            parts = np.split(places[marked], starts[1:])
            side.update(zip(whose.tolist(), parts, strict=True))
    held: dict[str, Ints] = {}
    if profiles is not None:
        for surface, user, profile in zip(
            profiles["surface"].to_pylist(),
            owners(profiles, numbers),
            profiles["profile"].to_pylist(),
            strict=True,
        ):
            held.setdefault(surface, np.zeros(len(numbers), dtype=np.int32))
            held[surface][user] = profile
    return Rights(
        *sides, _catalogues(ask("service_catalogues"), item_count, held), held
    )


def _catalogues(
    table: pa.Table | None, item_count: int, profiles: Mapping[str, Ints]
) -> dict[str, dict[int, Flags]]:
    """Return the catalogue of each surface and profile; one of nothing, too."""
    found: dict[str, dict[int, Flags]] = {
        surface: {
            profile: np.zeros(item_count, dtype=bool)
            for profile in np.unique(each[each > 0]).tolist()
        }
        for surface, each in profiles.items()
    }
    if table is not None:
        for surface, profile, place in zip(
            *(table[n].to_pylist() for n in ("surface", "profile", "item_place")),
            strict=True,
        ):
            found[surface][profile][place] = True
    return found
