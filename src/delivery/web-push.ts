import type { LoadWords } from '../language/load-words.ts'
import type { Json, JsonObject } from '../lib/json.ts'
import { isJsonObject } from '../lib/json.ts'
import type { NetworkFault } from '../lib/outbound/network-fault.ts'
import { encodeJson, fit } from '../gateway/message-forms.ts'
import { collapseId, countsCollapseId } from '../gateway/message-id.ts'
import { MAX_PLAINTEXT_BYTES } from '../gateway/webpush/encrypt.ts'
import { askedText, type NotificationText, TEXT } from '../gateway/notification-text.ts'
import { sendWebPush, type Urgency, type WebPushDeps } from '../gateway/webpush/send.ts'
import type { SendResult, Untimed } from '../sending/result.ts'
import { originOf } from './origin.ts'
import { isTokenRefused, type PokeFault, TOKEN_REFUSED } from './poke-fault.ts'
import {
  ACK_TOKEN_SECONDS,
  type Poke,
  type PokeDevice,
  type PokedDevice,
  type PokeNotification,
  shortPoke,
} from './poke.ts'
import type { PokeSender } from './send-poke.ts'

// Pushers of kind `webpush` (MSC4174): pokes go to the push service of a browser or of UnifiedPush, without a gateway.

/** Two days (MSC4174). */
const TTL_SECONDS = 172_800
const DEADLINE_MS = 30_000

export type WebPushSender = {
  send: PokeSender
  /** Sends the token with which the app activates its pusher. */
  activate(url: string, device: PokeDevice, ackToken: string): Promise<SendResult<PokeFault>>
}

export type WebPushSenderDeps = Pick<WebPushDeps, 'agent' | 'clock' | 'vapid' | 'encrypt'> & {
  wordsOf: LoadWords
  /** Called with each response of a push service. */
  onResponse?: (origin: string, result: Untimed) => void
}

type Push = {
  url: string
  pushkey: string
  auth: Json | undefined
  payload: string
  urgency: Urgency
  ttl: number
  topic: string | undefined
}

export function makeWebPushSender(deps: WebPushSenderDeps): WebPushSender {
  async function push(message: Push): Promise<SendResult<PokeFault>> {
    const started = deps.clock.now()
    const result = await sendWebPush(
      // The server has one key for ever, so a mismatch means that the subscription was created with another key.
      { ...deps, deadlineMs: DEADLINE_MS, isKnown: () => true },
      {
        endpoint: message.url,
        p256dh: message.pushkey,
        auth: message.auth,
        payload: Buffer.from(message.payload),
        ttl: message.ttl,
        urgency: message.urgency,
        topic: message.topic,
      },
    )
    if (result.status !== undefined) deps.onResponse?.(originOf(message.url), result)
    return pokeResultOf(result, Math.max(0, deps.clock.now() - started))
  }

  return {
    async send(url, poke, { worthSeconds = TTL_SECONDS, userId } = {}) {
      const { notification } = poke
      const [device] = notification.devices
      const text = await askedText(deps.wordsOf, { device, notification })
      const fitting = fit(
        { full: () => pushPayload(poke, text), eventIdOnly: () => pushPayload(shortPoke(poke)) },
        MAX_PLAINTEXT_BYTES,
      )
      if (fitting === undefined) return { kind: 'refused', reason: 'status 413', status: 413, ms: 0 }
      return push({
        url,
        pushkey: device.pushkey,
        auth: device.data['auth'],
        payload: fitting.text,
        urgency: notification.prio === 'high' ? 'high' : 'normal',
        ttl: worthSeconds,
        topic:
          notification.event_id === undefined
            ? countsCollapseId({ device, userId })
            : collapseId({ device, notification, userId }),
      })
    },
    activate: (url, { appId, pushkey, data }, ackToken) =>
      push({
        url,
        pushkey,
        auth: data['auth'],
        payload: encodeJson({ app_id: appId, ack_token: ackToken }),
        urgency: 'high',
        // The token expires then.
        ttl: ACK_TOKEN_SECONDS,
        topic: undefined,
      }),
  }
}

/**
 * The payload for the app: the body of `/notify` without the pusher's own credentials, on top of
 * `default_payload` of the pusher's data. `text`: the words for an app that asks for them. The fields of the
 * event are repeated at the top level for service workers that expect Sygnal's flat form.
 */
export function pushPayload({ notification }: Poke, text?: NotificationText): JsonObject {
  const { event_id, room_id, counts, devices } = notification
  const below = devices[0].data['default_payload']
  return {
    ...(isJsonObject(below) && below),
    ...(event_id !== undefined && { event_id }),
    ...(room_id !== undefined && { room_id }),
    ...(counts?.unread !== undefined && { unread: counts.unread }),
    ...(text !== undefined && { [TEXT]: text }),
    notification: { ...notification, devices: devices.map(plainly) } as PokeNotification as JsonObject,
  }
}

function plainly({ data, ...device }: PokedDevice): JsonObject {
  const { auth: _auth, default_payload: _below, ...rest } = data
  return { ...device, data: rest }
}

/** The result with the faults of a poke. */
function pokeResultOf(result: Untimed, ms: number): SendResult<PokeFault> {
  switch (result.kind) {
    case 'delivered':
      return { ...result, ms }
    case 'rejected':
      return { ...result, status: result.status ?? 410, ms }
    case 'refused':
      return { ...result, reason: faultOf(result), status: result.status ?? 413, ms }
    case 'retry':
    case 'misconfigured':
      return { ...result, reason: faultOf(result), ms }
  }
}

function faultOf(result: Untimed): PokeFault {
  if (isTokenRefused(result)) return TOKEN_REFUSED
  const { status, reason } = result
  if (status === undefined) return reason === 'encryption failed' ? reason : (reason as NetworkFault)
  return status >= 300 && status < 400 ? 'redirect' : `status ${status}`
}
