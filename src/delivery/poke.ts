import { isCall } from '../lib/call-events.ts'
import type { UserId } from '../lib/ids.ts'
import type { Json, JsonObject } from '../lib/json.ts'
import type { PokeEvent } from '../lib/matrix-event.ts'

/** The lifetime of an activation token (MSC4174). */
export const ACK_TOKEN_SECONDS = 300

/** The body of `POST /_matrix/push/v1/notify` (Push Gateway API). */
export type Poke = { notification: PokeNotification }

/**
 * Either an event, with `event_id` and `room_id`, or counts only. `id` is the old name of `event_id`, and
 * `membership` belongs to member events. Both were removed from the specification, but gateways and clients
 * still read them.
 */
export type PokeNotification = {
  id?: string
  event_id?: string
  room_id?: string
  type?: string
  sender?: string
  sender_display_name?: string
  room_name?: string
  prio?: Priority
  membership?: string
  user_is_target?: boolean
  content?: JsonObject
  /** Absent for a pusher without badge counts, and in a test. */
  counts?: { unread?: number }
  /** Always one device, because some gateways read only the first. */
  devices: [PokedDevice]
}

export type PokedDevice = {
  app_id: string
  pushkey: string
  /** Seconds since the Unix epoch. */
  pushkey_ts: number
  data: JsonObject
  tweaks?: JsonObject
  /** The language of the pusher, if `data` asks for it. */
  'org.belfry.lang'?: string
}

export type Priority = 'high' | 'low'

/** The fields of a pusher that the gateway receives. */
export type PokeDevice = {
  appId: string
  pushkey: string
  /** The time when the pusher was last set, in milliseconds since the Unix epoch. */
  pushkeyTsMs: number
  /** `data` as set by the client, with `url`. `format: "event_id_only"` selects the short form. */
  data: JsonObject
  /** As set by the client. */
  lang: string
}

export type EventPokeInput = {
  event: PokeEvent
  recipient: UserId
  device: PokeDevice
  /** The values of the `set_tweak` actions of the deciding rule. */
  tweaks: JsonObject
  /** The badge of the recipient after this event; null for a pusher without badge counts (MSC4076). */
  unread: number | null
  /** The events that a push rule has held back, up to this one (`org.belfry.digest`). */
  digest?: JsonObject | undefined
}

/** The poke for one event to one pusher, in the format of the pusher. */
export function eventPoke(input: EventPokeInput): Poke {
  return { notification: input.device.data.format === 'event_id_only' ? idOnly(input) : full(input) }
}

/** The poke in the short form. */
export function shortPoke({ notification }: Poke): Poke {
  const { event_id, room_id, prio, counts, devices } = notification
  const { tweaks: _tweaks, ...device } = devices[0]
  return {
    notification: {
      ...(event_id !== undefined && { event_id }),
      ...(room_id !== undefined && { room_id }),
      ...(prio !== undefined && { prio }),
      ...(counts !== undefined && { counts }),
      devices: [device],
    },
  }
}

/** A poke that contains only the badge. Zero is included, because phones clear their badge with it. */
export function badgePoke(input: { device: PokeDevice; unread: number }): Poke {
  return { notification: { counts: { unread: input.unread }, devices: [poked(input.device)] } }
}

/**
 * A poke without content that tests the delivery (MSC4173). Like all pokes of the pusher, it has no `url` in its data.
 */
export function testPoke(input: { device: PokeDevice; eventId: string }): Poke {
  return { notification: { event_id: input.eventId, devices: [poked(input.device)] } }
}

/**
 * High for encrypted events, because their content is unknown, for calls, and for rules with a sound or a
 * highlight.
 */
export function priorityOf(type: string, tweaks: JsonObject): Priority {
  const isHigh = type === 'm.room.encrypted' || isCall(type) || isOn(tweaks.highlight) || isOn(tweaks.sound)
  return isHigh ? 'high' : 'low'
}

function idOnly({ event, device, tweaks, unread }: EventPokeInput): PokeNotification {
  return {
    event_id: event.eventId,
    room_id: event.roomId,
    prio: priorityOf(event.type, tweaks),
    ...countsOf(unread),
    devices: [poked(device)],
  }
}

/** In the content of a poke: the digest. */
const DIGEST = 'org.belfry.digest'

function full({ event, recipient, device, tweaks, unread, digest }: EventPokeInput): PokeNotification {
  // A sender must not be able to pretend a digest.
  const { [DIGEST]: _forged, ...sent } = event.content
  const content: JsonObject = digest === undefined ? sent : { ...sent, [DIGEST]: digest }
  return {
    id: event.eventId,
    event_id: event.eventId,
    room_id: event.roomId,
    type: event.type,
    sender: event.sender,
    sender_display_name: event.senderDisplayName || event.sender,
    ...(event.roomName && { room_name: event.roomName }),
    prio: priorityOf(event.type, tweaks),
    ...membershipOf(event, recipient),
    ...(Object.keys(content).length > 0 && { content }),
    ...countsOf(unread),
    devices: [{ ...poked(device), ...(Object.keys(tweaks).length > 0 && { tweaks }) }],
  }
}

function membershipOf(
  event: PokeEvent,
  recipient: UserId,
): Pick<PokeNotification, 'membership' | 'user_is_target'> {
  if (event.type !== 'm.room.member' || event.stateKey === null) return {}
  const { membership } = event.content
  return {
    ...(typeof membership === 'string' && { membership }),
    user_is_target: event.stateKey === recipient,
  }
}

/** "Counts whose value is zero should be omitted" (Push Gateway API). */
const countsOf = (unread: number | null) =>
  unread === null ? {} : { counts: unread === 0 ? {} : { unread } }

/** In `data`: asks for the language. In the device of a poke: the language. */
const LANG = 'org.belfry.lang'
/** Longer than every language tag in use (RFC 5646, section 4.4). */
const MAX_LANG = 60

function poked(device: PokeDevice): PokedDevice {
  const { url: _url, ...data } = device.data
  return {
    app_id: device.appId,
    pushkey: device.pushkey,
    pushkey_ts: Math.floor(device.pushkeyTsMs / 1000),
    data,
    ...(data[LANG] === true && device.lang.length <= MAX_LANG && { [LANG]: device.lang }),
  }
}

/** A tweak with the value `false`, `""` or `null` is off. */
const isOn = (tweak: Json | undefined) => Boolean(tweak)
