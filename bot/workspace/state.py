"""The workspace's facts in memory: channels, messages, homes, ephemerals, files.

Messages are indexed by (channel, ts), so that no call walks a channel. Every change is put into the journal.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace

from bot.workspace.journal import Journal
from bot.workspace.seeds import ChannelSeed, Json, Member, Team
from bot.workspace.stamps import Stamps

EPHEMERALS_KEPT = 50


@dataclass
class Channel:
    """A channel or, with `user`, that person's direct messages with the bot."""

    id: str
    name: str
    topic: str
    members: set[str]
    user: str | None = None
    is_private: bool = False
    messages: dict[str, Json] = field(default_factory=dict)
    top: list[str] = field(default_factory=list)
    threads: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_im(self) -> bool:
        """Whether this is a direct message channel."""
        return self.user is not None

    def between(self, stamps: list[str], oldest: str, latest: str, *, inclusive: bool) -> list[str]:
        """The stamps within the limits, oldest first; an empty limit does not limit."""
        low, high = (bisect_left, bisect_right) if inclusive else (bisect_right, bisect_left)
        start = low(stamps, oldest) if oldest else 0
        end = high(stamps, latest) if latest else len(stamps)
        return stamps[start:end]


class State:
    """All facts of one workspace, of this run and, through the journal, of earlier ones."""

    def __init__(
        self,
        *,
        team: Team,
        people: Iterable[Member],
        channels: Iterable[ChannelSeed],
        stamps: Stamps,
        journal: Journal,
    ) -> None:
        self.team = team
        self.stamps = stamps
        self.journal = journal
        self.people = {person.id: person for person in people}
        self.channels: dict[str, Channel] = {}
        self.joined: dict[str, set[str]] = defaultdict(set)
        self.homes: dict[str, Json] = {}
        self.files: dict[str, Json] = {}
        self.file_names: set[str] = set()
        self.ephemerals: dict[tuple[str, str], list[Json]] = defaultdict(list)
        self._seed(tuple(channels))

    def _seed(self, channels: tuple[ChannelSeed, ...]) -> None:
        present = [person.id for person in self.people.values() if not person.deleted]
        for seed in channels:
            members = set(present if seed.members is None else seed.members)
            if seed.bot_is_member:
                members.add(self.team.bot_user_id)
            self.channels[seed.id] = Channel(
                id=seed.id, name=seed.name, topic=seed.topic, members=members, is_private=seed.is_private
            )
        for user in present:
            if not self.people[user].is_bot:
                im = f"D{user[1:]}"
                members = {user, self.team.bot_user_id}
                self.channels[im] = Channel(id=im, name="directmessage", topic="", members=members, user=user)

    def restore(self, kind: str, key: str, value: Json) -> None:
        """Take back one fact of an earlier run; facts of channels or people that are gone are left out."""
        if kind == "message":
            channel = self.channels.get(key.partition("/")[0])
            if channel is not None:
                self.stamps.note(value["ts"])
                self._index(channel, value)
        elif kind == "home" and key in self.people:
            self.homes[key] = value
        elif kind == "file":
            self.files[key] = {"channels": [], "groups": [], "ims": [], **value}
            self.file_names |= {key, value["url_private"]}
        elif kind == "members" and key in self.channels:
            self.joined[key] |= set(value)
            self.channels[key].members |= set(value)
        elif kind == "stamp":
            self.stamps.note(str(value))
        elif kind == "person":
            self._restore_person(Member(**value))

    def set_person(self, person: Member) -> None:
        """Add somebody, who joins every public channel, or change what is known of them."""
        self._place(person)
        self.journal.put("person", person.id, asdict(person))

    def _restore_person(self, person: Member) -> None:
        """Names and titles of seeded people are as seeded; whether they are here is as it was left."""
        seeded = self.people.get(person.id)
        if seeded is not None:
            left = (person.deleted, person.is_restricted, person.is_ultra_restricted)
            person = replace(seeded, deleted=left[0], is_restricted=left[1], is_ultra_restricted=left[2])
        self._place(person)

    def _place(self, person: Member) -> None:
        if person.id not in self.people:
            for channel in self.channels.values():
                if not channel.is_private and not channel.is_im:
                    channel.members.add(person.id)
        self.people[person.id] = person
        im = f"D{person.id[1:]}"
        if not person.is_bot and im not in self.channels:
            members = {person.id, self.team.bot_user_id}
            self.channels[im] = Channel(id=im, name="directmessage", topic="", members=members, user=person.id)

    def im_of(self, user: str) -> Channel | None:
        """The direct message channel of a person with the bot."""
        return self.channels.get(f"D{user[1:]}")

    def find_channel(self, reference: str) -> Channel | None:
        """A channel by id, "#name", name, or (as Slack allows when posting) the id of a person."""
        found = self.channels.get(reference)
        if found is None and reference in self.people:
            found = self.im_of(reference)
        if found is None and reference:
            name = reference.removeprefix("#")
            found = next((c for c in self.channels.values() if c.name == name and not c.is_im), None)
        return found

    def join(self, channel: Channel, user: str) -> None:
        """Make someone a member."""
        channel.members.add(user)
        self.joined[channel.id].add(user)
        self.journal.put("members", channel.id, sorted(self.joined[channel.id]))

    def add(self, channel: Channel, message: Json) -> None:
        """Add a message whose `ts` is new; a reply counts at its parent."""
        self._index(channel, message)
        self._keep(channel, message)
        parent = self._parent(channel, message)
        if parent is not None:
            self._count(channel, parent)

    def change(self, channel: Channel, message: Json) -> None:
        """Note that a message's content was changed in place."""
        self._keep(channel, message)

    def remove(self, channel: Channel, ts: str) -> Json | None:
        """Delete a message; a parent of replies leaves a tombstone, which is returned."""
        message = channel.messages[ts]
        self.journal.put("stamp", "last", self.stamps.last())
        if channel.threads.get(ts):
            gone = {"blocks", "attachments", "files", "bot_id", "app_id", "bot_profile", "metadata"}
            for key in gone & message.keys():
                del message[key]
            message.update(subtype="tombstone", text="This message was deleted.", hidden=True, user="USLACKBOT")
            self._keep(channel, message)
            return message
        del channel.messages[ts]
        parent = self._parent(channel, message)
        if parent is not None:
            _drop(channel.threads[parent["ts"]], ts)
            self._count(channel, parent)
        _drop(channel.top, ts)
        self.journal.put("message", f"{channel.id}/{ts}", None)
        return None

    def history(self, channel: Channel, oldest: str = "", latest: str = "", *, inclusive: bool = True) -> list[str]:
        """Stamps of the channel's own messages (no replies), oldest first."""
        return channel.between(channel.top, oldest, latest, inclusive=inclusive)

    def replies(self, channel: Channel, thread_ts: str) -> list[str]:
        """Stamps of a thread: its parent, then its replies, oldest first."""
        return [thread_ts, *channel.threads.get(thread_ts, [])]

    def add_ephemeral(self, channel: Channel, user: str, message: Json) -> None:
        """Keep a message only one person sees; of old ones only the latest are kept, none on disk."""
        shown = self.ephemerals[channel.id, user]
        shown.append(message)
        del shown[:-EPHEMERALS_KEPT]

    def ephemeral(self, channel: Channel, user: str, ts: str) -> Json | None:
        """A message only this person sees, by its stamp."""
        return next((m for m in self.ephemerals.get((channel.id, user), ()) if m["ts"] == ts), None)

    def remove_ephemeral(self, channel: Channel, user: str, ts: str) -> None:
        """Take an ephemeral message away."""
        shown = self.ephemerals[channel.id, user]
        shown[:] = [message for message in shown if message["ts"] != ts]

    def set_home(self, user: str, view: Json) -> None:
        """Replace a person's Home tab."""
        self.homes[user] = view
        self.journal.put("home", user, view)

    def set_file(self, file: Json) -> None:
        """Add or change what is known of an uploaded file."""
        self.files[file["id"]] = file
        self.file_names |= {file["id"], file["url_private"]}
        self.journal.put("file", file["id"], file)

    def _index(self, channel: Channel, message: Json) -> None:
        ts, thread = message["ts"], message.get("thread_ts")
        channel.messages[ts] = message
        is_reply = thread is not None and thread != ts
        if is_reply:
            _insert(channel.threads.setdefault(str(thread), []), ts)
        if not is_reply or message.get("subtype") == "thread_broadcast":
            _insert(channel.top, ts)

    def _keep(self, channel: Channel, message: Json) -> None:
        self.journal.put("message", f"{channel.id}/{message['ts']}", message)

    def _parent(self, channel: Channel, message: Json) -> Json | None:
        thread = message.get("thread_ts")
        return channel.messages.get(thread) if thread and thread != message["ts"] else None

    def _count(self, channel: Channel, parent: Json) -> None:
        replies = channel.threads.get(parent["ts"], [])
        parent["reply_count"] = len(replies)
        if replies:
            parent.update(thread_ts=parent["ts"], latest_reply=replies[-1])
        else:
            for key in ("reply_count", "latest_reply", "thread_ts"):
                parent.pop(key, None)
        self._keep(channel, parent)


def _insert(stamps: list[str], ts: str) -> None:
    if not stamps or stamps[-1] < ts:
        stamps.append(ts)
    elif stamps[bisect_left(stamps, ts)] != ts:
        insort(stamps, ts)


def _drop(stamps: list[str], ts: str) -> None:
    at = bisect_left(stamps, ts)
    if at < len(stamps) and stamps[at] == ts:
        del stamps[at]
