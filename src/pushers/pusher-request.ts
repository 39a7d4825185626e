import { badJson, invalidParam, missingParam } from '../lib/errors.ts'
import { readSubscriptionKeys } from '../gateway/webpush/subscription.ts'
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import { canonicalAddress } from '../lib/mail/address.ts'
import { MAIL_APP_ID } from '../lib/mail/app-id.ts'
import type { Handle, PusherChange, PusherKind } from './pusher.ts'

const MAX_PUSHKEY_BYTES = 512
const MAX_APP_ID_CHARACTERS = 64
const MAX_HANDLE_CHARACTERS = 32
const MAX_HOLD_MS = 600_000

const IDENTITY = ['app_id', 'pushkey'] as const
const STRINGS = ['app_display_name', 'device_display_name', 'lang'] as const
const OPTIONAL_BOOLEANS = ['append', 'org.belfry.copy_push_rules'] as const
/** Accepted name and name of the proposal. The first name that is present counts. */
const ENABLED = ['enabled', 'org.matrix.msc3881.enabled'] as const
/** true: pokes contain the language of the pusher. */
const LANG = 'org.belfry.lang'
const HOLD = 'org.belfry.hold_while_active_ms'
const DISABLE_BADGE_COUNT = ['disable_badge_count', 'org.matrix.msc4076.disable_badge_count'] as const

/** The draft of MSC4174 has another name for the kind. Clients use it. */
const WEB_PUSH_DRAFT = 'org.matrix.msc4174.webpush'
/** `data` except its URL is part of every push, and the size of a push is limited. */
const MAX_WEB_PUSH_DATA_BYTES = 1024

/** `webPush`: whether the server accepts pushers of kind `webpush`. */
export type ParseOptions = { handleRequired: boolean; webPush?: boolean }

/**
 * Parses the body of `POST /pushers/set`. A key that is null counts as absent, except `kind`. With
 * `handleRequired` (under `api/v1`, the prefix of the founding text), `instance_handle` is required, or its
 * later name `profile_tag`.
 *
 * Parsed by hand: the required keys depend on `kind`, and one error lists all missing keys.
 *
 * `org.belfry.copy_push_rules`: duplicate the push rules of the old handle to the new one.
 *
 * `org.belfry.hold_while_active_ms`: an integer from 0 to 600,000. The default 0 disables the hold.
 *
 * `enabled` defaults to true, also for a pusher that was disabled: an app that does not know the setting
 * could otherwise never enable its pusher again. `disable_badge_count` is also read from `data`, because some
 * clients send it there.
 *
 * `data.org.belfry.lang`: true if pokes are to contain `lang`.
 *
 * @throws {MatrixError} 400: `M_MISSING_PARAM` with the list of missing keys, else `M_BAD_JSON` for a wrong
 *   type, else `M_INVALID_PARAM` for a value out of range.
 */
export function parsePusherChange(body: JsonObject, options: ParseOptions): PusherChange {
  const isDeletion = body['kind'] === null
  const missing = isDeletion ? missingOf(body, IDENTITY) : missingToSet(body, options)
  if (missing.length > 0) throw missingParam(missing)

  const appId = readAppId(body)
  const pushkey = readPushkey(body, appId)
  if (isDeletion) return { kind: 'delete', appId, pushkey }

  const requested = stringOf(body, 'kind')
  const handle = readHandle(body)
  const [appDisplayName, deviceDisplayName, lang] = STRINGS.map((name) => stringOf(body, name)) as [
    string,
    string,
    string,
  ]
  for (const name of OPTIONAL_BOOLEANS) checkBoolean(body, name)
  const kind = readKind(requested, appId, options)
  const kindAndData = readData(body['data'], kind)
  const { data } = kindAndData
  if (kind === 'webpush') checkSubscription(pushkey, data)
  const enabled = booleanOf(body, ENABLED) ?? true
  const disableBadgeCount =
    booleanOf(body, DISABLE_BADGE_COUNT) ?? booleanOf(data, DISABLE_BADGE_COUNT, 'data.') ?? false
  booleanOf(data, [LANG], 'data.')
  const holdMs = readHold(body)
  const names = { appDisplayName, deviceDisplayName, lang }
  const kindAlias = requested === kind ? undefined : requested
  const switches = { enabled, disableBadgeCount, holdMs }
  const settings = { appId, pushkey, kindAlias, ...kindAndData, handle, ...names, ...switches }
  const copyRules = body['org.belfry.copy_push_rules'] === true
  return { kind: 'set', settings, append: body['append'] === true, copyRules }
}

function missingToSet(body: JsonObject, { handleRequired, webPush = false }: ParseOptions): string[] {
  const missing: string[] = missingOf(body, [...IDENTITY, 'kind', ...STRINGS, 'data'])
  const { kind, data } = body
  const isForBrowser = webPush && isWebPush(kind)
  const hasUrl = isJsonObject(data) ? !isAbsent(data['url']) : !isAbsent(data)
  // When `data` is absent, its URL is missing too. One error reports both.
  if (!hasUrl && (kind === 'http' || isForBrowser || isAbsent(kind))) missing.push('data.url')
  const hasAuth = isJsonObject(data) ? !isAbsent(data['auth']) : !isAbsent(data)
  if (!hasAuth && isForBrowser) missing.push('data.auth')
  const hasHandle = !isAbsent(body['instance_handle']) || !isAbsent(body['profile_tag'])
  if (handleRequired && !hasHandle) missing.push('instance_handle')
  return missing
}

/** Addresses are normalised, so that every spelling of an address identifies the same pusher. */
function readPushkey(body: JsonObject, appId: string): string {
  const text = stringOf(body, 'pushkey')
  const pushkey = (appId === MAIL_APP_ID ? canonicalAddress(text) : undefined) ?? text
  const bytes = Buffer.byteLength(pushkey)
  if (bytes < 1 || bytes > MAX_PUSHKEY_BYTES)
    throw invalidParam(`pushkey must be 1 to ${MAX_PUSHKEY_BYTES} bytes long`)
  return pushkey
}

function readKind(requested: string, appId: string, { webPush = false }: ParseOptions): PusherKind {
  const kind = webPush && requested === WEB_PUSH_DRAFT ? 'webpush' : requested
  if (kind !== 'http' && kind !== 'email' && !(webPush && kind === 'webpush')) {
    const kinds = webPush ? '"http", "webpush" or "email"' : '"http" or "email"'
    throw invalidParam(`kind must be ${kinds}, or null to delete the pusher`)
  }
  if ((kind === 'email') !== (appId === MAIL_APP_ID))
    throw invalidParam(`kind "email" requires app_id "${MAIL_APP_ID}", and this app_id requires kind "email"`)
  return kind as PusherKind
}

function readAppId(body: JsonObject): string {
  const appId = stringOf(body, 'app_id')
  if (charactersOf(appId) > MAX_APP_ID_CHARACTERS)
    throw invalidParam(`app_id must be at most ${MAX_APP_ID_CHARACTERS} characters long`)
  return appId
}

/** The two names are one field, so they may not differ. Clients do send an empty `profile_tag`; it is accepted. */
function readHandle(body: JsonObject): Handle | undefined {
  const instance = isAbsent(body['instance_handle']) ? undefined : stringOf(body, 'instance_handle')
  const tag = isAbsent(body['profile_tag']) ? undefined : stringOf(body, 'profile_tag')
  if (instance === '')
    throw invalidParam(`instance_handle must be 1 to ${MAX_HANDLE_CHARACTERS} characters long`)
  if (instance !== undefined && tag !== undefined && instance !== tag)
    throw invalidParam('instance_handle and profile_tag are two names of one field; send only one of them')
  const value = instance ?? tag
  if (value === undefined) return undefined
  const name = instance === undefined ? 'profile_tag' : 'instance_handle'
  if (charactersOf(value) > MAX_HANDLE_CHARACTERS)
    throw invalidParam(`${name} must be at most ${MAX_HANDLE_CHARACTERS} characters long`)
  return { value, isInstanceHandle: instance !== undefined }
}

function readHold(body: JsonObject): number {
  const value = body[HOLD]
  if (isAbsent(value)) return 0
  if (typeof value !== 'number') throw badJson(`${HOLD} must be a number of milliseconds`)
  if (!Number.isInteger(value) || value < 0 || value > MAX_HOLD_MS)
    throw invalidParam(`${HOLD} must be a whole number from 0 to ${MAX_HOLD_MS}`)
  return value
}

const isWebPush = (kind: Json | undefined) => kind === 'webpush' || kind === WEB_PUSH_DRAFT

/** MSC4174: the pushkey is the public key of the app, `data.auth` its secret (RFC 8291, section 3). */
function checkSubscription(pushkey: string, { url: _url, ...data }: JsonObject): void {
  const { auth, format } = data
  if (typeof auth !== 'string') throw badJson('data.auth must be a string')
  if (!isAbsent(format) && typeof format !== 'string') throw badJson('data.format must be a string')
  const keys = readSubscriptionKeys(pushkey, auth)
  if (keys === 'bad p256dh')
    throw invalidParam('pushkey must be an uncompressed point of P-256 (65 bytes), in URL-safe base64')
  if (keys === 'bad auth') throw invalidParam('data.auth must be 16 bytes, in URL-safe base64')
  if (Buffer.byteLength(JSON.stringify(data)) > MAX_WEB_PUSH_DATA_BYTES)
    throw invalidParam(
      `data without url must be at most ${MAX_WEB_PUSH_DATA_BYTES} bytes, because it is part of every push`,
    )
}

function readData(data: Json | undefined, kind: PusherKind) {
  if (!isJsonObject(data)) throw badJson('data must be an object')
  if (kind === 'email') return { kind, data }
  const { url } = data
  if (typeof url !== 'string') throw badJson('data.url must be a string')
  return { kind, data: { ...data, url } }
}

function stringOf(body: JsonObject, name: string): string {
  const value = body[name]
  if (typeof value !== 'string') throw badJson(`${name} must be a string`)
  return value
}

function checkBoolean(body: JsonObject, name: string): void {
  const value = body[name]
  if (!isAbsent(value) && typeof value !== 'boolean') throw badJson(`${name} must be true or false`)
}

function booleanOf(object: JsonObject, names: readonly string[], path = ''): boolean | undefined {
  let first: boolean | undefined
  for (const name of names) {
    const value = object[name]
    if (isAbsent(value)) continue
    if (typeof value !== 'boolean') throw badJson(`${path}${name} must be true or false`)
    first ??= value
  }
  return first
}

const missingOf = (object: JsonObject, names: readonly string[]) =>
  names.filter((name) => isAbsent(object[name]))

const isAbsent = (value: Json | undefined) => value === undefined || value === null

/** The limits count Unicode code points, not UTF-16 code units. */
const charactersOf = (text: string) => Array.from(text).length
