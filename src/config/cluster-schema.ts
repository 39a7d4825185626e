import { z } from 'zod'
import { setting } from './setting.ts'

const NATS = /^(nats|tls):\/\/(.+)$/
const FORMS = 'expected local, postgres, nats://HOST:PORT or tls://HOST:PORT'

/** `local`, `postgres`, or servers of one NATS cluster, separated by commas. */
const bus = z.string().transform((text, context) => {
  if (text === 'local') return { kind: text } as const
  if (text === 'postgres') return { kind: text } as const
  const [, scheme, list = ''] = NATS.exec(text) ?? []
  const servers = list.split(',').map((server) => serverOf(server.trim(), scheme))
  if (scheme === undefined || servers.includes(undefined)) return refuse(context, FORMS)
  if (list.includes('@'))
    return refuse(
      context,
      'expected no user and no password in the URL; use cluster.nats_user and cluster.nats_password_file',
    )
  return { kind: 'nats' as const, servers: servers as string[], isSecure: scheme === 'tls' }
})

/** `HOST:PORT`, also for a further server that repeats the scheme. */
function serverOf(text: string, scheme: string | undefined): string | undefined {
  const url = URL.parse(text.includes('://') ? text : `${scheme}://${text}`)
  if (url === null || url.protocol !== `${scheme}:` || url.hostname === '') return undefined
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '' || url.port === '0')
    return undefined
  return `${url.hostname}:${url.port === '' ? 4222 : url.port}`
}

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message })
  return z.NEVER
}

const file = z.string().min(1).optional()

export const clusterSchema = z.strictObject({
  bus: setting(bus.optional(), {
    about:
      'How the processes on one PostgreSQL database wake each other: `postgres` (LISTEN and NOTIFY, for up to about 8 processes), `nats://HOST:PORT` or `tls://HOST:PORT` (NATS; several servers separated by commas), or `local` (not at all: for a single process).',
    shownDefault: 'postgres on PostgreSQL, local on SQLite',
  }),
  name: setting(
    z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected 1 to 64 letters, digits, "-" or "_"')
      .optional(),
    {
      about:
        'The name of this cluster in the subjects of NATS. All processes on one database need the same name, and no two databases the same.',
      shownDefault: 'derived from the database',
    },
  ),
  nats_user: setting(z.string().min(1).optional(), {
    about: 'The user name for NATS. It needs `cluster.nats_password_file`.',
    shownDefault: 'none',
  }),
  nats_password_file: setting(file, {
    about: 'A file with the password of that user in its first line.',
    shownDefault: 'none',
  }),
  nats_token_file: setting(file, {
    about: 'A file with a token for NATS in its first line.',
    shownDefault: 'none',
  }),
  nats_creds_file: setting(file, {
    about: 'A credentials file of NATS (JWT and seed).',
    shownDefault: 'none',
  }),
  nats_ca: setting(file, {
    about: 'A PEM file with certificate authorities to trust for NATS. It needs `tls://`.',
    shownDefault: 'the usual ones',
  }),
})

export type ClusterSettings = z.output<typeof clusterSchema>
