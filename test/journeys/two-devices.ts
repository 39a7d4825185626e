import type { TestContext } from 'node:test'
import { foundingPusher, loginUser, registerUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type PokeReceiver, type ReceivedPoke, startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** A user with a phone and a laptop, each with its handle and its pusher, in a room with somebody who talks. */
export type TwoDevices = {
  server: TestServer
  gateway: PokeReceiver
  phone: TestUser
  laptop: TestUser
  bob: TestUser
  /** Public, and both are in it. */
  delivery: string
  /** Sends a text into a room and waits until everything that follows from it was sent. */
  say: (roomId: string, text: string, more?: Record<string, unknown>) => Promise<Rung>
  /** Another room with both in it. */
  openRoom: () => Promise<string>
}

/** What a message made of it: the poke that each device had, undefined where it had none. */
export type Rung = { eventId: string; phone: ReceivedPoke | undefined; laptop: ReceivedPoke | undefined }

export const PHONE = 'alices-phone'
export const LAPTOP = 'alices-laptop'

export async function twoDevices(t: TestContext): Promise<TwoDevices> {
  const server = await startTestServer(t)
  const gateway = await startPokeReceiver(t)
  const phone = await registerUser(server.url, 'alice')
  const laptop = await loginUser(server.url, 'alice')
  const bob = await registerUser(server.url, 'bob')
  await phone.post('/pushers/set', foundingPusher(gateway.url, { pushkey: PHONE, instance_handle: 'phone' }))
  await laptop.post(
    '/pushers/set',
    foundingPusher(gateway.url, { pushkey: LAPTOP, instance_handle: 'laptop' }),
  )
  // A third reader, so that the rooms are no direct messages, whose rules have a sound.
  const carol = await registerUser(server.url, 'carol')
  const openRoom = async () => {
    const roomId = await bob.createRoom({ preset: 'public_chat', name: 'The office' })
    for (const member of [phone, carol]) await member.post(`/join/${encodeURIComponent(roomId)}`)
    return roomId
  }
  const delivery = await openRoom()

  const pokeOf = (pushkey: string, eventId: string) =>
    gateway.pokes.find((poke) => poke.event_id === eventId && poke.devices[0]?.pushkey === pushkey)

  return {
    server,
    gateway,
    phone,
    laptop,
    bob,
    delivery,
    openRoom,
    async say(roomId, text, more) {
      const eventId = await bob.say(roomId, text, more)
      await queuesEmpty(phone)
      return { eventId, phone: pokeOf(PHONE, eventId), laptop: pokeOf(LAPTOP, eventId) }
    },
  }
}

/** Waits until nothing is left to send to any of the user's pushers. */
async function queuesEmpty(user: TestUser): Promise<void> {
  await eventually(async () => {
    const { pushers } = (await user.get('/pushers')) as {
      pushers: { 'org.belfry.status': { queued: number } }[]
    }
    return pushers.every((pusher) => pusher['org.belfry.status'].queued === 0)
  })
}

/** The path of a device rule. */
export const deviceRule = (handle: string, kind: string, ruleId: string) =>
  `/pushrules/device/${encodeURIComponent(handle)}/${kind}/${encodeURIComponent(ruleId)}`

export const globalRule = (kind: string, ruleId: string) =>
  `/pushrules/global/${kind}/${encodeURIComponent(ruleId)}`

/** What a client shows beside a room. */
export async function unreadIn(
  user: TestUser,
  roomId: string,
): Promise<{ notifications: number; highlights: number }> {
  const { rooms } = (await user.get('/sync')) as {
    rooms: {
      join: Record<string, { unread_notifications: { notification_count: number; highlight_count: number } }>
    }
  }
  const counts = rooms.join[roomId]?.unread_notifications
  return { notifications: counts?.notification_count ?? 0, highlights: counts?.highlight_count ?? 0 }
}

/** The events of `GET /notifications`, newest first. */
export async function notifiedOf(user: TestUser): Promise<string[]> {
  const { notifications } = (await user.get('/notifications')) as {
    notifications: { event: { event_id: string } }[]
  }
  return notifications.map((one) => one.event.event_id)
}
