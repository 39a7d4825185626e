import { columnsText } from './columns-text.ts'
import type { App } from './command.ts'
import { EXAMPLE_CONFIG, onApp, requireYes, workCommand } from './work-command.ts'

// Rooms, directly in the database, with or without a running server.

const ROOM = 'ROOM is a room id or an alias; put it in single quotes.'
const EXAMPLE_ROOM = `'!AbCdEf:example.org'`

export const roomList = workCommand({
  usage: 'room list',
  summary: 'list all rooms with name, members and state',
  examples: [`belfry room list ${EXAMPLE_CONFIG}`],
  work: onApp(async (app) => {
    const rooms = await app.rooms.list()
    return { text: roomsText(rooms), json: { rooms } }
  }),
})

export const roomMembers = workCommand({
  usage: 'room members ROOM',
  summary: 'list the members of a room, also those who left or are banned',
  about: ROOM,
  examples: [`belfry room members ${EXAMPLE_ROOM} ${EXAMPLE_CONFIG}`],
  work: onApp(async (app, { given: [room = ''] }) => {
    const found = await app.rooms.members(room)
    const rows = found.members.map((one) => [one.user_id, one.membership, printable(one.displayname ?? '')])
    return { text: columnsText([['USER', 'MEMBERSHIP', 'NAME'], ...rows]), json: found }
  }),
})

export const roomShutdown = removalCommand({
  verb: 'shutdown',
  summary: 'shut a room down: all members leave, and it cannot be joined again; its messages stay',
  confirm: 'Confirm. The room cannot be opened again.',
  act: (app, room) => app.rooms.shutDown(room),
  doing: 'is closed; the running server makes its members leave within seconds',
})

export const roomPurge = removalCommand({
  verb: 'purge',
  summary: 'shut a room down and delete everything of it: messages, state, notifications, what is queued',
  note: ' Uploaded files stay, because the server cannot read which files encrypted messages name: see belfry media prune and media remove.',
  confirm: 'Confirm. Nothing of the room can be restored.',
  act: (app, room) => app.rooms.purge(room),
  doing: 'is closed; the running server makes its members leave, and deletes it step by step',
  hint: '. Uploaded files stay: see belfry media prune',
})

type Removal = {
  verb: string
  summary: string
  /** What follows the help about the work. */
  note?: string
  confirm: string
  act: (app: App, room: string) => ReturnType<App['rooms']['purge']>
  doing: string
  /** What follows the result. */
  hint?: string
}

function removalCommand({ verb, summary, note = '', confirm, act, doing, hint = '' }: Removal) {
  return workCommand({
    usage: `room ${verb} ROOM`,
    summary,
    about: `${ROOM} The server does the work: without a running one, it begins with the next start.${note}`,
    switches: { yes: confirm, wait: 'Wait until the running server has done it.' },
    examples: [`belfry room ${verb} ${EXAMPLE_ROOM} --yes --wait ${EXAMPLE_CONFIG}`],
    exitCodes: { done: 'the room is closed, and with --wait all is done' },
    check: ({ given: [room], switches }) => requireYes(switches, `room ${verb} ${room}`),
    work: onApp(async (app, { given: [room = ''], switches, onProgress }) => {
      const closed = await act(app, room)
      const status = switches.has('wait') ? await app.rooms.wait(closed, onProgress) : closed
      const { room_id: roomId, members, events, removal } = status
      const text = switches.has('wait') ? (removal === undefined ? 'is deleted' : 'is shut down') : doing
      return {
        text: `${roomId} ${text}${hint}`,
        json: { room_id: roomId, removal: removal ?? null, members, events },
      }
    }),
  })
}

function roomsText(rooms: Awaited<ReturnType<App['rooms']['list']>>): string {
  if (rooms.length === 0) return 'There are no rooms.'
  return columnsText([
    ['ROOM', 'JOINED', 'STATE', 'CREATED', 'NAME'],
    ...rooms.map((one) => [
      one.room_id,
      String(one.joined),
      one.removal ?? (one.is_public ? 'public' : 'private'),
      new Date(one.created_at).toISOString().slice(0, 10),
      printable(one.name ?? one.canonical_alias ?? ''),
    ]),
  ])
}

/** A name is a text of a user: it must not control the terminal. */
const printable = (text: string) => text.replaceAll(/\p{C}/gu, '?')
