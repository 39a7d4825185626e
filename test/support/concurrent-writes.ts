import { call, foundingPusher, type TestUser } from './client.ts'

/** How many responses had each status; another status than 200 with the request and its response. */
export type WriteStatuses = ReadonlyMap<string, number>

/** A response with 503. The request is repeated. */
export const BUSY = '503'

type MixedWrites = {
  users: readonly TestUser[]
  /** All users are members. */
  roomIds: readonly string[]
  gateway: string
  /** Of each user, one after the other. A round has six or seven writes at once. */
  rounds: number
  /** The first round, so that later rounds have other transaction ids. */
  from?: number
}

/**
 * Messages, pushers, push rules, receipts, account data, to-device messages and names of all users at the
 * same time.
 */
export async function mixedWrites({
  users,
  roomIds,
  gateway,
  rounds,
  from = 0,
}: MixedWrites): Promise<WriteStatuses> {
  const statuses = new Map<string, number>()
  const write = async (user: TestUser, method: string, path: string, body: unknown) => {
    let response = await user.try(method, path, body)
    while (response.status === 503) {
      statuses.set(BUSY, (statuses.get(BUSY) ?? 0) + 1)
      response = await user.try(method, path, body)
    }
    const key =
      response.status === 200
        ? '200'
        : `${response.status} ${method} ${path} ${JSON.stringify(response.body)}`
    statuses.set(key, (statuses.get(key) ?? 0) + 1)
    return response.body
  }
  const writeRound = async (user: TestUser, at: number, round: number) => {
    const roomId = roomIds[(at + round) % roomIds.length] ?? ''
    const room = encodeURIComponent(roomId)
    const send = (name: string) =>
      write(user, 'PUT', `/rooms/${room}/send/m.room.message/${name}-${at}-${round}`, {
        msgtype: 'm.text',
        body: `${name} ${at} ${round}`,
      })
    const { event_id: eventId } = await send('read')
    const me = encodeURIComponent(user.userId)
    await Promise.all([
      send('next'),
      write(user, 'POST', '/pushers/set', foundingPusher(gateway, { pushkey: `${at}-${round % 3}` })),
      write(user, 'PUT', `/pushrules/global/content/${round % 20}`, {
        pattern: `word${round}`,
        actions: ['notify'],
      }),
      write(user, 'POST', `/rooms/${room}/receipt/m.read/${encodeURIComponent(String(eventId))}`, {}),
      write(user, 'PUT', `/user/${me}/account_data/org.example.${round % 2}`, { round }),
      write(user, 'PUT', `/sendToDevice/org.example.note/${round}`, {
        messages: Object.fromEntries(users.map(({ userId }) => [userId, { '*': { round } }])),
      }),
      ...(round % 5 === 0
        ? [write(user, 'PUT', `/profile/${me}/displayname`, { displayname: `${at} ${round}` })]
        : []),
    ])
  }
  await Promise.all(
    users.map(async (user, at) => {
      for (let round = 0; round < rounds; round++) await writeRound(user, at, from + round)
    }),
  )
  return statuses
}

/**
 * Sends the same message with the same transaction id to each process at once, `count` times one after the
 * other. Resolves to what was wrong: a status other than 200, or different event ids.
 */
export async function sameTransactions(
  urls: readonly string[],
  { user, roomId, count, name }: { user: TestUser; roomId: string; count: number; name: string },
): Promise<string[]> {
  const wrong: string[] = []
  for (let round = 0; round < count; round++) {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${name}-${round}`
    const body = { msgtype: 'm.text', body: `${name}-${round}` }
    const responses = await Promise.all(
      urls.map((url) => call(url + path, { method: 'PUT', token: user.token, body })),
    )
    const answers = responses.map(({ status, body: answer }) => `${status} ${JSON.stringify(answer)}`)
    if (responses.some(({ status }) => status !== 200) || new Set(answers).size !== 1)
      wrong.push(`${name}-${round}: ${answers.join(', ')}`)
  }
  return wrong
}
