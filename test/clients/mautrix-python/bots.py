"""Two bots of mautrix-python read each other's messages in an encrypted room. One of them stops, and reads with its stored keys afterwards.

Reads BELFRY_URL and the directory of the stores of keys, BELFRY_CLIENT_STORE. Prints a line for each step, and ends with 1 when a step fails.
The users "alice" and "bob" exist, with the password in BELFRY_PASSWORD.
"""

import asyncio
import logging
import os

from mautrix.client import Client, DecryptionDispatcher
from mautrix.crypto import OlmMachine, PgCryptoStateStore, PgCryptoStore
from mautrix.errors import SessionNotFound
from mautrix.types import EventType, Membership, RoomCreatePreset
from mautrix.util.async_db import Database

URL = os.environ["BELFRY_URL"]
STORE = os.environ["BELFRY_CLIENT_STORE"]
PASSWORD = os.environ["BELFRY_PASSWORD"]
STEP_SECONDS = 30
ROUNDS = 5
ENCRYPTION = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


class PatientDecryption(DecryptionDispatcher):
    """Waits for the key of a message, as the bridges of mautrix do. Handlers of one response of /sync run at the same time, so that the key can come after the message."""

    async def handle(self, evt):
        crypto = self.client.crypto
        try:
            decrypted = await crypto.decrypt_megolm_event(evt)
        except SessionNotFound as missing:
            if not await crypto.wait_for_session(evt.room_id, missing.session_id, timeout=STEP_SECONDS):
                raise
            decrypted = await crypto.decrypt_megolm_event(evt)
        self.client.dispatch_event(decrypted, evt.source)


class Bot:
    """A client with its stores, which joins each room to which it is invited, and the texts that it has read."""

    def __init__(self, name):
        self.name = name
        self.device = {}
        self.read = asyncio.Queue()

    async def start(self):
        """Starts with the session and the stores of an earlier start, if there are any."""
        # One database, because a store inside a transaction of another one uses its connection.
        self.database = Database.create(f"sqlite:{STORE}/{self.name}.db", upgrade_table=PgCryptoStore.upgrade_table)
        await self.database.start()
        await PgCryptoStateStore.upgrade_table.upgrade(self.database)
        crypto_store = PgCryptoStore("", "pickle", self.database)
        state_store = PgCryptoStateStore(self.database)
        self.client = Client(base_url=URL, sync_store=crypto_store, state_store=state_store, **self.device)
        if not self.device:
            login = await self.client.login(self.name, password=PASSWORD)
            self.device = {"mxid": login.user_id, "device_id": login.device_id, "token": login.access_token}
        await crypto_store.open()
        crypto = OlmMachine(self.client, crypto_store, state_store)
        await crypto.load()
        if not await crypto_store.get_device_id():
            await crypto_store.put_device_id(self.client.device_id)
        await crypto.share_keys()
        self.client.crypto = crypto
        self.client.remove_dispatcher(DecryptionDispatcher)
        self.client.add_dispatcher(PatientDecryption)
        self.client.add_event_handler(EventType.ROOM_MEMBER, self.join)
        self.client.add_event_handler(EventType.ROOM_MESSAGE, self.on_message)
        self.client.start(None)

    async def stop(self):
        task = self.client.syncing_task
        self.client.stop()
        await asyncio.wait([task])
        await self.client.api.session.close()
        await self.database.stop()

    async def join(self, event):
        if event.state_key == self.client.mxid and event.content.membership == Membership.INVITE:
            await self.client.join_room_by_id(event.room_id)

    async def on_message(self, event):
        if event.sender != self.client.mxid:
            is_encrypted = "mautrix" in event and event["mautrix"].get("was_encrypted", False)
            await self.read.put((is_encrypted, event.content.body))

    async def next_text(self):
        is_encrypted, text = await asyncio.wait_for(self.read.get(), STEP_SECONDS)
        assert is_encrypted, f"the message {text} is not encrypted"
        return text


async def send(sender, room_id, text):
    """Sends a text, and checks that the server has only its encrypted form."""
    event_id = await sender.client.send_text(room_id, text)
    stored = await sender.client.api.request("GET", f"/_matrix/client/v3/rooms/{room_id}/event/{event_id}")
    assert stored["type"] == "m.room.encrypted" and text not in str(stored), stored


async def joined(bot, room_id, count):
    """Resolves when the room has this number of members in the state of the bot."""
    async with asyncio.timeout(STEP_SECONDS):
        while len(await bot.client.state_store.get_members(room_id, (Membership.JOIN,))) != count:
            await asyncio.sleep(0.05)


async def converse(alice, bob):
    await alice.start()
    await bob.start()
    print("both are logged in, with uploaded keys", flush=True)
    invitees = [bob.client.mxid]
    room_id = await alice.client.create_room(preset=RoomCreatePreset.PRIVATE, invitees=invitees, initial_state=[ENCRYPTION])
    for bot in (alice, bob):
        await joined(bot, room_id, 2)
    print("the invited user has joined the encrypted room", flush=True)
    for round_number in range(ROUNDS):
        for sender, reader in ((alice, bob), (bob, alice)):
            text = f"{sender.name}: {round_number}"
            await send(sender, room_id, text)
            assert await reader.next_text() == text
    print(f"{2 * ROUNDS} messages were decrypted", flush=True)
    await bob.stop()
    await send(alice, room_id, "while bob is away")
    await bob.start()
    assert await bob.next_text() == "while bob is away"
    await send(bob, room_id, "bob is back")
    assert await alice.next_text() == "bob is back"
    print("a bot continued with its stored keys, and read the message that it had missed", flush=True)


async def main():
    # Its warnings say that the devices are not cross-signed.
    logging.getLogger("mau").setLevel(logging.ERROR)
    alice, bob = Bot("alice"), Bot("bob")
    await converse(alice, bob)
    await alice.stop()
    await bob.stop()


asyncio.run(main())
