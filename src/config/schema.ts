import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { canonicalAddress } from '../lib/mail/address.ts'
import { parseProxy } from '../lib/outbound/proxy.ts'
import { limitsSchema, quotasSchema } from './limits-schema.ts'
import { count, flagOff, flagOn, setting } from './setting.ts'

// The whole configuration: every key with its default, its limits and the sentence the reference page prints.
// A key `push.extra_ca` is `BELFRY_PUSH_EXTRA_CA` in the environment; those with a `flag` are flags of `belfry serve` too.

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

/** A network in CIDR notation; a single address stands for itself. */
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

/** `none` is for where `HTTPS_PROXY` is set, and not meant for this. */
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
      'Private or loopback networks that pushers may send to, over plain http too. Everything that is not a public address is refused otherwise.',
    flag: 'allow-push-to',
    value: 'CIDR',
  }),
  dns_servers: setting(z.array(dnsServer).prefault([]), {
    about:
      'Name servers to ask for the hosts of pushers: `IP` or `IP:PORT` each. `/etc/hosts` goes before them.',
    shownDefault: 'those of the operating system',
  }),
  extra_ca: setting(z.string().min(1).optional(), {
    about: 'A PEM file with further certificate authorities to trust when sending to push gateways.',
    flag: 'extra-ca',
    value: 'FILE',
    shownDefault: 'none',
  }),
  proxy: setting(proxyUrl.optional(), {
    about:
      'A proxy through which push gateways and push services of browsers are called, with CONNECT: `http://HOST:PORT`, `http://USER:PASSWORD@HOST:PORT` or `none`. It resolves the names, so it has to keep private networks out of reach.',
    shownDefault: 'HTTPS_PROXY',
  }),
  no_proxy: setting(z.array(z.string().min(1)).prefault([]), {
    about:
      'Hosts that are called without `push.proxy` and `gateway.proxy`: names with everything below them, addresses, networks, each with a port or without; `*` for all. Addresses in `push.allow_ip_ranges` are always called without.',
    shownDefault: 'NO_PROXY',
  }),
  legacy_mention_rules: setting(flagOn, {
    about:
      'Keep the mention rules from before `m.mentions` (display name, user name, @room in the body). They never apply to an event that has `m.mentions`.',
  }),
  include_content: setting(flagOn, {
    about:
      'Send the content of events to push gateways; off, every poke is as if its pusher asked for `event_id_only`.',
  }),
  web_push: setting(flagOn, {
    about:
      'Pushers of kind `webpush` (MSC4174): notifications go encrypted to the push services of browsers and of UnifiedPush, without a gateway. Off, those that are there wait.',
  }),
  contact: setting(z.string().min(1).optional(), {
    about:
      'An e-mail address or https URL, at a public name, where push services of browsers can reach the operator. Apple refuses one at `.local`, `.lan`, `.invalid` and the like.',
    shownDefault: 'public_url, or postmaster@SERVER_NAME',
  }),
  badge: setting(z.enum(['rooms', 'messages']).default('rooms'), {
    about:
      'What the number on an icon counts: `rooms` with something unread, or unread `messages`. Invitations count one each.',
  }),
  max_pushers_per_user: setting(count(100), { about: 'How many pushers one user may have.' }),
  max_rules_per_user: setting(count(2000), {
    about: 'How many push rules of their own one user may have, those of all device handles together.',
  }),
  unconfirmed_hours: setting(count(24, { max: 87_600 }), {
    about:
      'A pusher of kind `webpush` that its app does not confirm within this many hours of setting it is removed.',
  }),
  max_rules_length_per_user: setting(count(524_288), {
    about:
      'How many characters the push rules of one user may have together, in ids, patterns, conditions and actions.',
  }),
  handle_retention_days: setting(count(180), {
    about: 'Push rules of a device handle are removed after this many days without a pusher that holds it.',
  }),
  connections_per_gateway: setting(count(32, { max: 10_000 }), {
    about: 'Connections to one push gateway at the same time.',
  }),
  concurrency: setting(count(256, { max: 100_000 }), {
    about: 'Pokes in flight at the same time, to all gateways together.',
  }),
})

/** `smtp://HOST[:PORT]`, which turns to TLS with STARTTLS, or `smtps://HOST[:PORT]`, which begins with it. */
const smtpUrl = z.string().transform((text, context) => {
  const url = URL.parse(text)
  const isPlain = url !== null && ['', '/'].includes(url.pathname) && url.search === '' && url.hash === ''
  if (!isPlain || !/^smtps?:$/.test(url.protocol) || url.hostname === '' || url.port === '0')
    return refuse(
      context,
      'expected smtp://HOST:PORT or smtps://HOST:PORT, such as smtp://mail.example.org:587',
    )
  if (url.username !== '' || url.password !== '')
    return refuse(context, 'expected no user and no password in it; they have keys of their own beside it')
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
      'The mail server that takes mail from here: `smtp://HOST:PORT` (STARTTLS) or `smtps://HOST:PORT`. Without it no mail is sent. It needs `email.from` and `public_url`.',
    shownDefault: 'none',
  }),
  from: setting(sender.optional(), {
    about: 'Who mails are from: `ADDRESS` or `NAME <ADDRESS>`.',
    shownDefault: 'none',
  }),
  user: setting(z.string().min(1).optional(), {
    about: 'The name to log in with at the mail server.',
    shownDefault: 'none',
  }),
  password: setting(z.string().min(1).optional(), {
    about: 'The password that goes with it.',
    shownDefault: 'none',
  }),
  password_file: setting(z.string().min(1).optional(), {
    about: 'A file with that password in its first line, in place of `email.password`.',
    shownDefault: 'none',
  }),
  tls: setting(z.enum(['required', 'when_offered', 'off']).default('required'), {
    about:
      'With `smtp://`: `required` sends nothing without STARTTLS, `when_offered` goes without where the server has none, `off` never asks. A password is sent with `required` or `smtps://` alone.',
  }),
  extra_ca: setting(z.string().min(1).optional(), {
    about: 'A PEM file with further certificate authorities to trust at the mail server.',
    shownDefault: 'none',
  }),
  timeout_s: setting(count(30, { max: 120 }), {
    about: 'How long sending one mail may take, in seconds.',
  }),
  connections: setting(count(4, { max: 100 }), { about: 'Connections to the mail server at the same time.' }),
  name: setting(z.string().trim().min(1).max(60).optional(), {
    about: 'What mails call this server.',
    shownDefault: 'the server name',
  }),
  client_url: setting(webUrl.optional(), {
    about:
      'A web client. Mails about messages link their rooms as `URL/#/room/ROOM_ID`; without it they have no such links.',
    shownDefault: 'none',
  }),
  delay_s: setting(count(600, { max: 86_400 }), {
    about: 'How long an event may be read before it is mailed, in seconds.',
  }),
})

// What is proposed for the specification and not in it. A change of these changes everybody's default rules.
const experimentalSchema = z.strictObject({
  notify_in_app: setting(flagOff, {
    about:
      'The action `org.matrix.msc3768.notify_in_app` (MSC3768): an event that counts as unread and is not pushed.',
  }),
  polls: setting(flagOff, {
    about: 'Default rules for polls (MSC3930): their beginning and end notify, answers do not.',
  }),
  encrypted_events: setting(flagOff, {
    about:
      'A default rule that notifies of every encrypted event (MSC4028), so that clients can look into it for mentions. Rooms that notify of mentions alone count more than they show.',
  }),
  live_location: setting(flagOff, {
    about: 'Default rules for live locations (MSC4505): their beginning notifies, where they move does not.',
  }),
  knocks: setting(flagOff, {
    about:
      'The condition `recipient_permission` (MSC4506), and a default rule with it: who may let people in is notified of a knock.',
  }),
})

// The keys of an app are those of its type: `gateway/` reads them.
const gatewaySchema = z.strictObject({
  apps: setting(z.record(z.string(), z.unknown()).prefault({}), {
    about:
      "The apps that this server's own push gateway serves: app id, or a glob of ids, to `type` and its settings (docs/gateway.md). Read again on SIGHUP.",
  }),
  proxy: setting(proxyUrl.optional(), {
    about:
      'A proxy through which the push gateway calls all providers, with CONNECT: `http://HOST:PORT`, `http://USER:PASSWORD@HOST:PORT` or `none`. `belfry gateway` also takes `proxy` at the top of its file, as Sygnal does.',
    shownDefault: 'HTTPS_PROXY',
  }),
  answer_within_ms: setting(count(10_000, { max: 25_000 }), {
    about:
      'How long a call of the push gateway waits for the first attempt, in milliseconds; what takes longer is queued.',
  }),
  retry_hours: setting(count(24, { max: 720 }), {
    about: 'How long the push gateway tries to hand a notification over. Calls are given up after a minute.',
  }),
  inbox_retention_days: setting(count(7, { max: 3650 }), {
    about:
      'For how many days the test app `org.belfry.inbox` keeps notifications. An opened inbox that is not read for so long is closed.',
  }),
  max_inbox_bytes: setting(count(268_435_456, { min: 1024, max: 1_000_000_000_000 }), {
    about:
      'How many bytes of notifications all inboxes of `org.belfry.inbox` keep together; the oldest go first.',
  }),
  max_queued: setting(count(1_000_000), {
    about: 'How many notifications may wait in the push gateway. What comes beyond it is refused with 503.',
  }),
  max_remembered: setting(count(1_000_000, { min: 1000 }), {
    about:
      'How many notifications of the last day the push gateway knows again as repeats, and how many rejections it keeps until their home servers ask; beyond it the oldest are forgotten. Each takes about 100 bytes.',
  }),
  max_queued_bytes: setting(count(536_870_912, { min: 1024, max: 1_000_000_000_000 }), {
    about:
      'How many bytes may wait in the push gateway. What comes beyond it is refused with 503. A notification takes about 1 KiB, and 16.5 KiB at most.',
  }),
  max_queued_bytes_per_address: setting(count(134_217_728, { min: 1024, max: 1_000_000_000_000 }), {
    about:
      'How many bytes of one address may wait in the push gateway. What comes beyond it is refused with 429. An IPv6 /64 counts as one address. Behind a proxy it needs `trust_proxy`, or all share it.',
  }),
})

/** In YAML a version without quotes is a number. */
const roomVersion = z.preprocess(
  (given) => (typeof given === 'number' ? String(given) : given),
  z.enum(['10', '11', '12']),
)

const roomsSchema = z.strictObject({
  default_version: setting(roomVersion.default('11'), {
    about:
      'The version of rooms whose creator asks for none: 10, 11 or 12. Several installed clients cannot use version 12 (docs/clients.md).',
  }),
  allow_encryption: setting(flagOff, {
    about:
      'Accept `m.room.encryption`. Belfry has no endpoints for encryption keys yet, so no device can read what is sent in an encrypted room.',
  }),
})

const metricsSchema = z.strictObject({
  listen: setting(listenAddress.optional(), {
    about:
      'Where to serve `/metrics` (Prometheus), as `HOST:PORT`; it is not served at `listen` then. Without it, `/metrics` is served at `listen`: a proxy must keep it from the public.',
    shownDefault: 'at `listen`',
  }),
})

const traceSchema = z.strictObject({
  enabled: setting(flagOn, {
    about:
      'Record what became of each notification: `GET /_belfry/v1/journey`, `belfry push trace`. Off, nothing more is recorded.',
  }),
  retention_days: setting(count(14, { max: 3650 }), {
    about: 'For how many days these records are kept.',
  }),
  max_rows: setting(count(1_000_000, { min: 1000 }), {
    about:
      'How many rows of these records are kept at most, of each kind; the oldest go first. A row takes about 100 bytes, and up to 1 KiB for a message to many pushers.',
  }),
})

const rateLimitsSchema = z.strictObject({
  enabled: setting(flagOn, {
    about: 'Turn all rate limits off with `false` (tests, benchmarks, behind a proxy that limits).',
  }),
  requests_per_second_per_user: setting(count(50), { about: 'Requests of one user, lasting rate.' }),
  request_burst_per_user: setting(count(500), { about: 'Requests of one user that may come at once.' }),
  messages_per_second_per_user: setting(count(20), { about: 'Events sent by one user, lasting rate.' }),
  message_burst_per_user: setting(count(200), { about: 'Events of one user that may come at once.' }),
  requests_per_second_per_address: setting(count(500), {
    about: 'Requests from one address, lasting rate. An IPv6 /64 counts as one address.',
  }),
  request_burst_per_address: setting(count(5000), {
    about: 'Requests from one address that may come at once.',
  }),
  pushes_per_second_per_address: setting(count(2000), {
    about: 'Devices of notifications to the push gateway endpoint from one address, lasting rate.',
  }),
  push_burst_per_address: setting(count(20_000), {
    about: 'Devices of notifications to the push gateway endpoint from one address that may come at once.',
  }),
  pushes_per_second_per_device: setting(count(20), {
    about:
      'Notifications for one device at the push gateway, lasting rate. What is beyond it waits in the queue.',
  }),
  push_burst_per_device: setting(count(200), {
    about: 'Notifications for one device at the push gateway that may come at once.',
  }),
  test_pushes_per_minute_per_user: setting(count(20), {
    about: 'Test pokes of one user; as many may come at once.',
  }),
  email_tokens_per_minute_per_address: setting(count(10), {
    about:
      'Requests from one address for mail with a token, and visits to its link; as many may come at once.',
  }),
  email_tokens_per_hour_per_recipient_and_address: setting(count(5), {
    about:
      'Mails with a token to one e-mail address, asked for from one address; as many may be asked for at once.',
  }),
  email_tokens_per_hour_per_recipient: setting(count(30), {
    about:
      'Mails with a token to one e-mail address, from all askers together; as many may be asked for at once.',
  }),
  login_attempts_per_minute_per_account_and_address: setting(count(10), {
    about:
      'Wrong passwords of one account from one address; as many may come at once. They do not count against other addresses. Behind a proxy this needs `trust_proxy`.',
  }),
  login_attempts_per_minute_per_account: setting(count(30), {
    about:
      'Wrong passwords of one account from all addresses together; as many may come at once. Further attempts wait, for 10 s at most, except from addresses where a device of the account was last used.',
  }),
  login_attempts_per_minute_per_address: setting(count(120), {
    about: 'Logins from one address; as many may come at once.',
  }),
  registrations_per_minute_per_address: setting(count(200), {
    about: 'Registrations from one address; as many may come at once.',
  }),
})

export const configSchema = z.strictObject({
  listen: setting(listenAddress.prefault('127.0.0.1:8008'), {
    about: 'Where to listen. Port 0 picks a free one.',
    flag: 'listen',
    value: 'HOST:PORT',
  }),
  data: setting(z.string().min(1).default('./data'), {
    about: 'Directory for everything that is kept.',
    flag: 'data',
    value: 'DIR',
  }),
  server_name: setting(serverName.optional(), {
    about:
      'The domain in user ids, in lower case. The first start writes it into the database and it cannot be changed; later starts and commands read it from there, and stop if this setting differs.',
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
  open_registration: setting(flagOff, {
    about: 'Let anybody who can reach the server create an account.',
    flag: 'open-registration',
  }),
  log_level: setting(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'), {
    about: 'How much to log: trace, debug, info, warn, error, fatal or silent. `debug` logs every request.',
    flag: 'log-level',
    value: 'L',
  }),
  public_url: setting(publicUrl.optional(), {
    about:
      "The URL that clients use. Pushers whose URL lies below it are served by this server's own gateway, in process.",
    shownDefault: 'none',
  }),
  trust_proxy: setting(flagOff, {
    about:
      'Take the address of a client from the last entry of `X-Forwarded-For`. Only behind a proxy that sets it.',
  }),
  push: pushSchema.prefault({}),
  email: emailSchema.prefault({}),
  experimental: experimentalSchema.prefault({}),
  gateway: gatewaySchema.prefault({}),
  rooms: roomsSchema.prefault({}),
  trace: traceSchema.prefault({}),
  metrics: metricsSchema.prefault({}),
  rate_limits: rateLimitsSchema.prefault({}),
  limits: limitsSchema.prefault({}),
  quotas: quotasSchema.prefault({}),
})

export type Database = NonNullable<z.output<typeof configSchema>['database']>

/** The configuration as the program uses it: checked, with every default and decision made. */
export type Config = Omit<z.output<typeof configSchema>, 'database'> & { database: Database }

/** The configuration of a server that knows its name, from the configuration or from its database. */
export type NamedConfig = Omit<Config, 'server_name'> & { server_name: string }
