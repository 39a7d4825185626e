import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { canonicalAddress } from '../lib/mail/address.ts'
import { parseProxy } from '../lib/outbound/proxy.ts'
import { clusterSchema } from './cluster-schema.ts'
import { DEFAULT_SHARDS, MOST_SHARDS } from './default-shards.ts'
import { languageSetting } from './language-setting.ts'
import { limitsSchema, quotasSchema } from './limits-schema.ts'
import { mediaSchema } from './media-schema.ts'
import { encryptionSchema, userDirectorySchema } from './privacy-schema.ts'
import { rateLimitsSchema } from './rate-limits-schema.ts'
import { retentionSchema } from './retention-schema.ts'
import { registrationSchema } from './registration-schema.ts'
import { rolesSetting } from './roles.ts'
import { roomsSchema } from './rooms-schema.ts'
import { count, flagOff, flagOn, setting } from './setting.ts'

// The whole configuration: every key with its default, its limits and its sentence on the reference page. A key
// `push.extra_ca` is `BELFRY_PUSH_EXTRA_CA` in the environment. Keys with a `flag` are also flags of `belfry serve`.

/** An address to listen on: `HOST:PORT`, `[IPV6]:PORT`; port 0 picks a free one. */
const listenAddress = z.string().transform((text, context) => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) return refuse(context, 'expected HOST:PORT, such as 127.0.0.1:8008')
  return { host: match[1] ?? match[2] ?? '', port }
})

/** The domain of user ids (Matrix appendices, "Server Name"). */
const serverName = z
  .string()
  .max(230, 'expected at most 230 characters')
  .regex(/^(\[[0-9a-fA-F:.]+\]|[0-9a-zA-Z.-]+)(:\d{1,5})?$/, 'expected a domain name, such as example.org')

const databaseUrl = z.string().transform((text, context) => {
  if (text.startsWith('sqlite:') && text.length > 'sqlite:'.length)
    return { kind: 'sqlite' as const, path: text.slice('sqlite:'.length) }
  if (/^postgres(ql)?:\/\/./.test(text) && URL.canParse(text)) return { kind: 'postgres' as const, url: text }
  return refuse(context, 'expected sqlite:PATH or postgres://USER@HOST/NAME')
})

const publicUrl = z.string().transform((text, context) => {
  const url = URL.parse(text)
  if (
    url === null ||
    !/^https?:$/.test(url.protocol) ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== ''
  )
    return refuse(context, 'expected an http or https URL, such as https://matrix.example.org')
  return url.href.replace(/\/+$/, '')
})

/** A network in CIDR notation; a single address is a network of one. */
const ipRange = z.string().transform((text, context) => {
  if (ipaddr.isValidCIDR(text)) return text
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return `${text}/32`
  if (ipaddr.IPv6.isValid(text)) return `${text}/128`
  return refuse(context, 'expected an IP range, such as 10.0.0.0/8 or 127.0.0.1')
})

/** `IP`, `IP:PORT`, `[IPV6]:PORT`. */
const dnsServer = z.string().transform((text, context) => {
  const [, v6, v4, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const isServer = isIP(text) !== 0 || (isIP(v6 ?? v4 ?? '') === (v6 === undefined ? 4 : 6) && isPort(port))
  return isServer
    ? text
    : refuse(context, 'expected the IP address of a name server, with or without :PORT, such as 9.9.9.9')
})

const isPort = (text = '53') => Number(text) >= 1 && Number(text) <= 65_535

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message })
  return z.NEVER
}

/** `none` overrides `HTTPS_PROXY`. */
const proxyUrl = z.string().transform((text, context) => {
  if (text === 'none') return undefined
  try {
    return parseProxy(text)
  } catch (error) {
    return refuse(context, (error as RangeError).message)
  }
})

const pushSchema = z.strictObject({
  allow_ip_ranges: setting(z.array(ipRange).prefault([]), {
    about:
      'Private or loopback networks that pushers may send to, also over plain http. All other addresses that are not public are refused.',
    flag: 'allow-push-to',
    value: 'CIDR',
  }),
  dns_servers: setting(z.array(dnsServer).prefault([]), {
    about:
      'Name servers that resolve the hosts of pushers, each as `IP` or `IP:PORT`. `/etc/hosts` takes precedence.',
    shownDefault: 'the name servers of the operating system',
  }),
  extra_ca: setting(z.string().min(1).optional(), {
    about: 'A PEM file with additional certificate authorities to trust when sending to push gateways.',
    flag: 'extra-ca',
    value: 'FILE',
    shownDefault: 'none',
  }),
  proxy: setting(proxyUrl.optional(), {
    about:
      'The proxy for calls of push gateways and push services of browsers, with CONNECT: `http://HOST:PORT`, `http://USER:PASSWORD@HOST:PORT` or `none`. The proxy resolves the host names, so it must block private networks.',
    shownDefault: 'HTTPS_PROXY',
  }),
  no_proxy: setting(z.array(z.string().min(1)).prefault([]), {
    about:
      'Hosts that are called without `push.proxy` and `gateway.proxy`: names including their subdomains, addresses or networks, each with or without a port; `*` for all. Addresses in `push.allow_ip_ranges` are always called without a proxy.',
    shownDefault: 'NO_PROXY',
  }),
  legacy_mention_rules: setting(flagOn, {
    about:
      'Keep the mention rules from before `m.mentions` (display name, user name, @room in the body). They never apply to an event that has `m.mentions`.',
  }),
  include_content: setting(flagOn, {
    about: 'Send the content of events to push gateways. If off, every pusher is treated as `event_id_only`.',
  }),
  web_push: setting(flagOn, {
    about:
      'Pushers of kind `webpush` (MSC4174): notifications go encrypted to the push services of browsers and of UnifiedPush, without a gateway. If off, notifications for existing pushers of this kind stay queued.',
  }),
  contact: setting(z.string().min(1).optional(), {
    about:
      'An e-mail address or https URL, at a public name, at which push services of browsers can contact the operator. Apple refuses addresses at `.local`, `.lan`, `.invalid` and the like.',
    shownDefault: 'public_url, or postmaster@SERVER_NAME',
  }),
  badge: setting(z.enum(['rooms', 'messages']).default('rooms'), {
    about:
      'The meaning of the badge: the number of `rooms` with unread notifications, or of unread `messages`. Each invitation counts as one.',
  }),
  max_pushers_per_user: setting(count(100), { about: 'Most pushers of one user.' }),
  max_rules_per_user: setting(count(2000), {
    about:
      'Most push rules of one user, including the rules of all device handles, without the default rules.',
  }),
  unconfirmed_hours: setting(count(24, { max: 87_600 }), {
    about:
      'A pusher of kind `webpush` is removed if its app does not confirm it within this number of hours.',
  }),
  max_rules_length_per_user: setting(count(524_288), {
    about:
      'Most characters of all push rules of one user together, in ids, patterns, conditions and actions.',
  }),
  handle_retention_days: setting(count(180), {
    about:
      'Push rules of a device handle are removed after this number of days without a pusher that holds the handle.',
  }),
  connections_per_gateway: setting(count(32, { max: 10_000 }), {
    about: 'Connections to one push gateway at the same time.',
  }),
  concurrency: setting(count(256, { max: 100_000 }), {
    about: 'Pokes in flight at the same time, over all gateways.',
  }),
})

/** `smtp://HOST[:PORT]` switches to TLS with STARTTLS; `smtps://HOST[:PORT]` begins with TLS. */
const smtpUrl = z.string().transform((text, context) => {
  const url = URL.parse(text)
  const isPlain = url !== null && ['', '/'].includes(url.pathname) && url.search === '' && url.hash === ''
  if (!isPlain || !/^smtps?:$/.test(url.protocol) || url.hostname === '' || url.port === '0')
    return refuse(
      context,
      'expected smtp://HOST:PORT or smtps://HOST:PORT, such as smtp://mail.example.org:587',
    )
  if (url.username !== '' || url.password !== '')
    return refuse(context, 'expected no user and no password in the URL; use email.user and email.password')
  const isSecure = url.protocol === 'smtps:'
  const port = url.port === '' ? (isSecure ? 465 : 587) : Number(url.port)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, isSecure }
})

/** `ADDRESS` or `NAME <ADDRESS>`. */
const sender = z.string().transform((text, context) => {
  const match = /^(?:"?([^"<>]*?)"?\s*<([^<>]*)>|([^<>"]*))$/.exec(text.trim())
  const address = canonicalAddress((match?.[2] ?? match?.[3] ?? '').trim())
  const name = (match?.[1] ?? '').trim()
  if (address === undefined || /\p{C}/u.test(name))
    return refuse(context, 'expected an e-mail address, such as Belfry <belfry@example.org>')
  return { name, address }
})

const webUrl = z.string().transform((text, context) => {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '')
    return refuse(context, 'expected an http or https URL, such as https://app.example.org')
  return url.href.replace(/[/#]+$/, '')
})

const emailSchema = z.strictObject({
  smtp: setting(smtpUrl.optional(), {
    about:
      'The mail server that accepts mail from this server: `smtp://HOST:PORT` (STARTTLS) or `smtps://HOST:PORT`. Without it no mail is sent. It needs `email.from` and `public_url`.',
    shownDefault: 'none',
  }),
  from: setting(sender.optional(), {
    about: 'The sender of mails: `ADDRESS` or `NAME <ADDRESS>`.',
    shownDefault: 'none',
  }),
  user: setting(z.string().min(1).optional(), {
    about: 'The user name for the login at the mail server.',
    shownDefault: 'none',
  }),
  password: setting(z.string().min(1).optional(), {
    about: 'The password for the login at the mail server.',
    shownDefault: 'none',
  }),
  password_file: setting(z.string().min(1).optional(), {
    about: 'A file with that password in its first line, instead of `email.password`.',
    shownDefault: 'none',
  }),
  tls: setting(z.enum(['required', 'when_offered', 'off']).default('required'), {
    about:
      'For `smtp://`: `required` sends nothing without STARTTLS, `when_offered` uses it if the server offers it, `off` never uses it. A password is only sent with `required` or `smtps://`.',
  }),
  extra_ca: setting(z.string().min(1).optional(), {
    about: 'A PEM file with additional certificate authorities to trust for the mail server.',
    shownDefault: 'none',
  }),
  timeout_s: setting(count(30, { max: 120 }), {
    about: 'Time limit for sending one mail, in seconds.',
  }),
  connections: setting(count(4, { max: 100 }), { about: 'Connections to the mail server at the same time.' }),
  name: setting(z.string().trim().min(1).max(60).optional(), {
    about: 'The name of this server in mails.',
    shownDefault: 'the server name',
  }),
  client_url: setting(webUrl.optional(), {
    about:
      'The URL of a web client. Mails about messages link to rooms as `URL/#/room/ROOM_ID`. Without it they have no such links.',
    shownDefault: 'none',
  }),
  delay_s: setting(count(600, { max: 86_400 }), {
    about: 'Delay before an unread event is mailed, in seconds. An event that is read before is not mailed.',
  }),
})

// Proposals that are not part of the specification. A change of these settings changes the default rules of all users.
const experimentalSchema = z.strictObject({
  notify_in_app: setting(flagOff, {
    about:
      'The action `org.matrix.msc3768.notify_in_app` (MSC3768): the event counts as unread and is not pushed.',
  }),
  polls: setting(flagOff, {
    about: 'Default rules for polls (MSC3930): the start and the end of a poll notify, answers do not.',
  }),
  encrypted_events: setting(flagOn, {
    about:
      "A default rule by which every encrypted event is sent to the user's devices (MSC4028), so that they can decrypt it and search it for mentions and keywords. It does not reach rooms that the user has muted. Off: no mention in an encrypted room reaches users who have set the room to mentions only.",
  }),
  encrypted_events_count: setting(flagOff, {
    about:
      'With `experimental.encrypted_events`: an encrypted event that only its rule notifies counts as unread. In rooms set to mentions only, the unread count is then higher than the number of mentions. Off: such an event only wakes the devices.',
  }),
  live_location: setting(flagOff, {
    about: 'Default rules for live locations (MSC4505): the start notifies, updates do not.',
  }),
  thread_subscriptions: setting(flagOff, {
    about:
      'Subscriptions of users to threads (MSC4306), and their list for clients, also in sliding sync (MSC4308). A reply in a thread notifies the users with a subscription to the thread and the users that it mentions, and no other user.',
  }),
  knocks: setting(flagOff, {
    about:
      'The condition `recipient_permission` (MSC4506), and a default rule that uses it: a knock notifies the members who may accept it.',
  }),
})

// The keys of an app depend on its type: `gateway/` parses them.
const gatewaySchema = z.strictObject({
  apps: setting(z.record(z.string(), z.unknown()).prefault({}), {
    about:
      "The apps that this server's own push gateway serves: app id, or a glob of ids, with its `type` and settings (docs/gateway.md). Reloaded on SIGHUP.",
  }),
  proxy: setting(proxyUrl.optional(), {
    about:
      'The proxy for calls of the push gateway to all providers, with CONNECT: `http://HOST:PORT`, `http://USER:PASSWORD@HOST:PORT` or `none`. `belfry gateway` also accepts `proxy` at the top level of its file, like Sygnal.',
    shownDefault: 'HTTPS_PROXY',
  }),
  answer_within_ms: setting(count(10_000, { max: 25_000 }), {
    about:
      'How long a call of the push gateway waits for the first attempt, in milliseconds. After this time the notification is queued.',
  }),
  retry_hours: setting(count(24, { max: 720 }), {
    about:
      'How long the push gateway retries a notification. Notifications of calls are dropped after a minute.',
  }),
  inbox_retention_days: setting(count(7, { max: 3650 }), {
    about:
      'Number of days for which the test app `org.belfry.inbox` keeps notifications. An inbox that is not read for this time is closed.',
  }),
  max_inbox_bytes: setting(count(268_435_456, { min: 1024, max: 1_000_000_000_000 }), {
    about:
      'Most bytes of notifications in all inboxes of `org.belfry.inbox` together. The oldest are removed first.',
  }),
  max_queued: setting(count(1_000_000), {
    about: 'Most queued notifications in the push gateway. Further notifications are refused with 503.',
  }),
  max_remembered: setting(count(1_000_000, { min: 1000 }), {
    about:
      'Most notifications of the last day that the push gateway remembers to detect repeats, and most rejections that it stores until the home server fetches them. Above it the oldest are evicted. Each takes about 100 bytes.',
  }),
  max_queued_bytes: setting(count(536_870_912, { min: 1024, max: 1_000_000_000_000 }), {
    about:
      'Most bytes of queued notifications in the push gateway. Further notifications are refused with 503. A notification takes about 1 KiB, and at most 16.5 KiB.',
  }),
  max_queued_bytes_per_address: setting(count(134_217_728, { min: 1024, max: 1_000_000_000_000 }), {
    about:
      'Most bytes of queued notifications from one address in the push gateway. Further notifications are refused with 429. An IPv6 /64 counts as one address. Behind a proxy set `trust_proxy`; otherwise all clients share this limit.',
  }),
})

const presenceSchema = z.strictObject({
  enabled: setting(flagOn, {
    about:
      'Show users who share a room whether a user is online, idle or offline, and their status message. Off: every user is offline, and the presence that clients set is accepted and not stored.',
  }),
})

const metricsSchema = z.strictObject({
  listen: setting(listenAddress.optional(), {
    about:
      'A separate address for `/metrics` (Prometheus), as `HOST:PORT`. Without it `/metrics` is served at `listen`, and a proxy must block public access to it.',
    shownDefault: 'at `listen`',
  }),
})

const traceSchema = z.strictObject({
  enabled: setting(flagOn, {
    about:
      'Record the journey of each notification, for `GET /_belfry/v1/journey` and `belfry push trace`. If off, nothing new is recorded.',
  }),
  arrivals: setting(flagOn, {
    about:
      'Record which pushes have arrived, from the fetches of their events by apps. If off, or if `trace.enabled` is off, nothing about it is recorded.',
  }),
  retention_days: setting(count(14, { max: 3650 }), {
    about: 'Number of days for which these records are kept.',
  }),
  max_rows: setting(count(1_000_000, { min: 1000 }), {
    about:
      'Most rows of these records, for each kind. The oldest are removed first. A row takes about 100 bytes, and up to 1 KiB for a message to many pushers.',
  }),
})

export const configSchema = z.strictObject({
  listen: setting(listenAddress.prefault('127.0.0.1:8008'), {
    about: 'The address to listen on. Port 0 picks a free one.',
    flag: 'listen',
    value: 'HOST:PORT',
  }),
  data: setting(z.string().min(1).default('./data'), {
    about: 'Directory for all stored data.',
    flag: 'data',
    value: 'DIR',
  }),
  server_name: setting(serverName.optional(), {
    about:
      'The domain in user ids, in lower case. The first start writes it into the database and it cannot be changed; later starts and commands read it from the database, and stop if this setting differs.',
    flag: 'server-name',
    value: 'NAME',
    shownDefault: 'the name in the database; localhost for a new one',
  }),
  database: setting(databaseUrl.optional(), {
    about: 'The database: `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`.',
    flag: 'database',
    value: 'URL',
    shownDefault: 'sqlite:DATA/belfry.db',
  }),
  database_shards: setting(z.int().min(1).max(MOST_SHARDS).optional(), {
    about:
      'The number of shards of the stream of a new PostgreSQL database, at most 64: rooms of different shards are written at the same time, by one process or several. A database keeps the number it was created with; another one here is reported and ignored. SQLite has one.',
    shownDefault: String(DEFAULT_SHARDS),
  }),
  open_registration: setting(flagOff, {
    about: 'Allow every client that can reach the server to create an account.',
    flag: 'open-registration',
  }),
  console: setting(flagOn, {
    about: 'Serve the web console at `/_belfry/console/`. The flag turns it off.',
    flag: 'no-console',
  }),
  log_level: setting(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'), {
    about: 'Log level: trace, debug, info, warn, error, fatal or silent. `debug` logs every request.',
    flag: 'log-level',
    value: 'L',
  }),
  public_url: setting(publicUrl.optional(), {
    about:
      "The URL that clients use. Pushers with a URL below it are served by this server's own gateway, in process.",
    shownDefault: 'none',
  }),
  language: languageSetting,
  roles: rolesSetting,
  drain_ms: setting(count(0, { min: 0, max: 5000 }), {
    about:
      'After the stop signal `/ready` responds 503 for this time before the server stops accepting connections, so that a load balancer can take it out. Milliseconds.',
  }),
  trust_proxy: setting(flagOff, {
    about:
      'Take the address of a client from the last entry of `X-Forwarded-For`. Use it only behind a proxy that sets this header.',
  }),
  push: pushSchema.prefault({}),
  email: emailSchema.prefault({}),
  experimental: experimentalSchema.prefault({}),
  gateway: gatewaySchema.prefault({}),
  rooms: roomsSchema.prefault({}),
  retention: retentionSchema.prefault({}),
  registration: registrationSchema.prefault({}),
  encryption: encryptionSchema.prefault({}),
  user_directory: userDirectorySchema.prefault({}),
  presence: presenceSchema.prefault({}),
  media: mediaSchema.prefault({}),
  cluster: clusterSchema.prefault({}),
  trace: traceSchema.prefault({}),
  metrics: metricsSchema.prefault({}),
  rate_limits: rateLimitsSchema.prefault({}),
  limits: limitsSchema.prefault({}),
  quotas: quotasSchema.prefault({}),
})

type Decided = z.output<typeof configSchema>

export type DatabaseLocation = NonNullable<Decided['database']>

/** The configuration as used by the program: validated, with all defaults and derived values. */
export type Config = Omit<Decided, 'database' | 'media'> & {
  database: DatabaseLocation
  media: Decided['media'] & { folder: string }
}

/** The configuration with a server name, taken from the configuration or from the database. */
export type NamedConfig = Omit<Config, 'server_name'> & { server_name: string }
