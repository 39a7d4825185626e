import { deleteReceived } from '../../../accounts/to-device/waiting.ts'
import type { DeviceId, RoomId } from '../../../lib/ids.ts'
import { currentPosition } from '../../../storage/stream.ts'
import { longPoll } from '../long-poll.ts'
import { markActive } from '../sync.ts'
import { syncToken } from '../token.ts'
import { isSameState, NO_ROOMS } from './connection-state.ts'
import type { ConnectionKey } from './connections.ts'
import type { SlidingBody, SlidingDeps, Start } from './deps.ts'
import { scopesOf } from './extension-scope.ts'
import { lettersOf, NO_EXTENSIONS } from './known-extensions.ts'
import { connectionPart, hashOf, NO_VERSION, ownerOf, parsePos, unknownPos } from './pos.ts'
import type { SlidingRequest } from './request.ts'
import { readResponse } from './response.ts'

/**
 * Sliding sync (MSC4186): the rooms in the windows of the client's lists, subscribed rooms, and the data of extensions, as far as the client does not have
 * them. Waits for news, up to the time-out, when the request continues a connection without changing what it asks for.
 * @throws 400 M_UNKNOWN_POS when the connection cannot be continued
 */
export async function slidingSync(deps: SlidingDeps, request: SlidingRequest): Promise<SlidingBody> {
  const { viewer, signal } = request
  const key = { userId: viewer.userId, deviceId: viewer.deviceId ?? ('' as DeviceId), connId: request.connId }
  const owner = ownerOf(viewer, request.connId)
  const asked = askedOf(request)
  const { version, before, ...first } = await startOf(deps, request, { key, owner })
  const waits = first.since !== undefined && before === asked
  const poll = {
    viewer,
    timeoutMs: waits ? Math.min(request.timeoutMs, deps.maxTimeoutMs) : 0,
    signal,
    watches: watchesOf(request),
  }
  if (request.connId === NOTIFICATIONS) noteFetch(deps, request)
  using _activity = BACKGROUND.has(request.connId)
    ? undefined
    : markActive(deps, viewer, { presence: request.presence, timeoutMs: poll.timeoutMs })
  await acknowledge(deps, request)
  let start: Start = { ...first, asked }
  const { body, token, state, extensions } = await longPoll(deps, poll, async () => {
    const result = await readResponse(deps, request, start)
    // This attempt found nothing for the client, so the next attempt starts at its position.
    start = { since: result.token, state: result.state, extensions: result.extensions, asked }
    return { value: result, news: result.hasNews }
  })
  const isChanged = !isSameState(state, first.state)
  // Also after an abort: the client of a server that stops gets this response, and continues from it.
  const saved = isChanged ? await deps.connections.save(key, state, version) : version
  const connection = connectionPart({ version: saved, owner, extensions, request: asked })
  return { pos: syncToken({ ...token, connection }), ...body }
}

/** The connection with which Element X fetches the event of a push. It subscribes to the rooms of pushes. */
const NOTIFICATIONS = 'notifications'
/** The connections of apps that are not open. An open app has others beside them. */
const BACKGROUND: ReadonlySet<string> = new Set([NOTIFICATIONS, 'encryption'])

function noteFetch({ fetches }: SlidingDeps, { viewer, subscriptions }: SlidingRequest): void {
  if (subscriptions.size > 0) fetches.note({ ...viewer, roomIds: [...subscriptions.keys()] })
}

type Asked = Pick<SlidingRequest, 'subscriptions' | 'extensions'> & { hash: string }
/** By the lists of a request: `client-api` hands over the same objects while a connection sends the same body. */
const asks = new WeakMap<SlidingRequest['lists'], Asked>()

function askedOf(request: SlidingRequest): string {
  const { lists, subscriptions, extensions } = request
  const known = asks.get(lists)
  if (known?.subscriptions === subscriptions && known.extensions === extensions) return known.hash
  const hash = hashOf(askedText(request))
  asks.set(lists, { subscriptions, extensions, hash })
  return hash
}

/** The parts of a request that decide which data the client wants. */
const askedText = ({ lists, subscriptions, extensions }: SlidingRequest): string =>
  JSON.stringify([[...lists], [...subscriptions], lettersOf(extensions), scopesOf(extensions)])

type Continued = Omit<Start, 'asked'> & { version: string; before: string | undefined }

async function startOf(
  deps: SlidingDeps,
  request: SlidingRequest,
  { key, owner }: { key: ConnectionKey; owner: string },
): Promise<Continued> {
  if (request.pos === undefined)
    return {
      since: undefined,
      state: NO_ROOMS,
      extensions: NO_EXTENSIONS,
      version: NO_VERSION,
      before: undefined,
    }
  const { since, part } = parsePos(request.pos, owner)
  const state = await deps.connections.load(key, part.version)
  if (!state) throw unknownPos('This connection has expired')
  return { since, state, extensions: part.extensions, version: part.version, before: part.request }
}

/** Deletes the to-device messages that the device has received. A cursor ahead of the stream is from before a restore, and acknowledges nothing. */
async function acknowledge({ db }: SlidingDeps, { viewer, extensions }: SlidingRequest): Promise<void> {
  const since = extensions.toDevice?.since ?? 0
  const { userId, deviceId } = viewer
  if (deviceId === null || since === 0 || since > (await currentPosition(db))) return
  await deleteReceived(db, { userId, deviceId }, since)
}

/** Changes of device lists are published for rooms; invitations for the user. */
function watchesOf({ lists, subscriptions, extensions }: SlidingRequest): (roomId: RoomId) => boolean {
  const all =
    extensions.e2ee === true || [...lists.values()].some(({ filters }) => filters.isInvited !== true)
  return (roomId) => all || subscriptions.has(roomId)
}
