"""Two users of matrix-nio read each other's messages in an encrypted room.

Reads BELFRY_URL and the directory of the stores of keys, BELFRY_CLIENT_STORE. Prints a line for each step, and ends with 1 when a step fails.
The users "alice" and "bob" exist, with the password in BELFRY_PASSWORD.
"""

import asyncio
import os

from nio import AsyncClient, AsyncClientConfig, MegolmEvent, RoomMessageText, SyncResponse
from nio.responses import JoinResponse, LoginResponse, RoomCreateResponse, RoomSendResponse

URL = os.environ["BELFRY_URL"]
STORE = os.environ["BELFRY_CLIENT_STORE"]
PASSWORD = os.environ["BELFRY_PASSWORD"]
STEP_SECONDS = 30
ROUNDS = 5
ENCRYPTION = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


def expect(response, kind):
    assert isinstance(response, kind), response
    return response


class Person:
    """A client, and the texts that it has read."""

    def __init__(self, name):
        store = os.path.join(STORE, name)
        os.makedirs(store)
        self.client = AsyncClient(URL, name, store_path=store, config=AsyncClientConfig(encryption_enabled=True))
        self.read = []
        self.undecrypted = []
        self.client.add_event_callback(lambda _room, event: self.read.append((event.decrypted, event.body)), RoomMessageText)
        self.client.add_event_callback(lambda _room, event: self.undecrypted.append(event.event_id), MegolmEvent)

    async def log_in(self):
        expect(await self.client.login(PASSWORD), LoginResponse)
        await self.sync()
        assert self.client.olm is not None

    async def sync(self):
        """One sync, and the requests for keys that it makes necessary."""
        expect(await self.client.sync(timeout=1000, full_state=self.client.next_batch is None), SyncResponse)
        if self.client.should_upload_keys:
            await self.client.keys_upload()
        if self.client.should_query_keys:
            await self.client.keys_query()
        await self.client.send_to_device_messages()

    async def send(self, room_id, text):
        content = {"msgtype": "m.text", "body": text}
        sent = await self.client.room_send(room_id, "m.room.message", content, ignore_unverified_devices=True)
        expect(sent, RoomSendResponse)

    async def until(self, condition):
        async with asyncio.timeout(STEP_SECONDS):
            while not condition():
                await self.sync()


async def converse(alice, bob):
    await alice.log_in()
    await bob.log_in()
    print("both are logged in, with uploaded keys", flush=True)
    created = expect(await alice.client.room_create(invite=[bob.client.user_id], initial_state=[ENCRYPTION]), RoomCreateResponse)
    room_id = created.room_id
    await bob.until(lambda: room_id in bob.client.invited_rooms)
    expect(await bob.client.join(room_id), JoinResponse)
    for person in (alice, bob):
        await person.until(lambda: room_id in person.client.rooms and len(person.client.rooms[room_id].users) == 2)
        assert person.client.rooms[room_id].encrypted
    print("the invited user has joined the encrypted room", flush=True)
    for round_number in range(ROUNDS):
        for sender, reader in ((alice, bob), (bob, alice)):
            text = f"{sender.client.user}: {round_number}"
            await sender.send(room_id, text)
            await reader.until(lambda: (True, text) in reader.read)
    assert not alice.undecrypted and not bob.undecrypted, "a message could not be decrypted"
    print(f"{2 * ROUNDS} messages were decrypted", flush=True)


async def main():
    alice, bob = Person("alice"), Person("bob")
    try:
        await converse(alice, bob)
    finally:
        await alice.client.close()
        await bob.client.close()


asyncio.run(main())
