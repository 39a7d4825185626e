import type { TestContext } from 'node:test'
import { foundingPusher, loginUser, registerUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type PokeReceiver, type ReceivedPoke, startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../support/server.ts'

/** A user with a phone and a laptop, each with a handle and a pusher, in a room with Bob, who sends messages. */
export type TwoDevices = {
  server: TestServer
  gateway: PokeReceiver
  phone: TestUser
  laptop: TestUser
  bob: TestUser
  /** A public room with both users. */
  roomId: string
  /** Sends a text to a room and waits until the queues of all pushers are empty. */
  say: (roomId: string, text: string, more?: Record<string, unknown>) => Promise<SentMessage>
  /** Creates another room with both users. */
  openRoom: () => Promise<string>
}

/** The poke that each device got for a message; undefined if it got none. */
export type SentMessage = {
  eventId: string
  phone: ReceivedPoke | undefined
  laptop: ReceivedPoke | undefined
}

export const PHONE = 'alices-phone'
export const LAPTOP = 'alices-laptop'

export async function createTwoDevices(t: TestContext, options?: TestServerOptions): Promise<TwoDevices> {
  const server = await startTestServer(t, options)
  const gateway = await startPokeReceiver(t)
  const phone = await registerUser(server.url, 'alice')
  const laptop = await loginUser(server.url, 'alice')
  const bob = await registerUser(server.url, 'bob')
  await phone.post('/pushers/set', foundingPusher(gateway.url, { pushkey: PHONE, instance_handle: 'phone' }))
  await laptop.post(
    '/pushers/set',
    foundingPusher(gateway.url, { pushkey: LAPTOP, instance_handle: 'laptop' }),
  )
  // A third member, because a room with two members has the rule of direct messages, with a sound.
  const carol = await registerUser(server.url, 'carol')
  const openRoom = async () => {
    const roomId = await bob.createRoom({ preset: 'public_chat', name: 'The office' })
    for (const member of [phone, carol]) await member.post(`/join/${encodeURIComponent(roomId)}`)
    return roomId
  }
  const roomId = await openRoom()

  const pokeOf = (pushkey: string, eventId: string) =>
    gateway.pokes.find((poke) => poke.event_id === eventId && poke.devices[0]?.pushkey === pushkey)

  return {
    server,
    gateway,
    phone,
    laptop,
    bob,
    roomId,
    openRoom,
    async say(roomId, text, more) {
      const eventId = await bob.say(roomId, text, more)
      await queuesEmpty(phone)
      return { eventId, phone: pokeOf(PHONE, eventId), laptop: pokeOf(LAPTOP, eventId) }
    },
  }
}

/** Waits until the queues of all pushers of the user are empty. */
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

/** The unread counts of a room, as `/sync` returns them. */
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
