import { ConfigError } from '../config/config-error.ts'
import { flagHelp } from '../config/help.ts'
import { loadCommandLine } from '../config/load.ts'
import type { App, Command } from './command.ts'
import { blockedText, mediaText, sizeText, usageText } from './media-text.ts'

// Uploaded files, directly in the database and the store, with or without a running server.

type Switches = ReadonlySet<string>
type Input = { given: readonly string[]; switches: Switches }

export const mediaUsage = mediaCommand({
  usage: 'media usage',
  summary: 'show what takes space: files, contents, thumbnails, users',
  arguments: { least: 0, most: 0 },
  async work(app) {
    const usage = await app.media.usage()
    return { text: usageText(usage), json: usage }
  },
})

export const mediaList = mediaCommand({
  usage: 'media list [USER]',
  summary: 'list the 100 largest uploaded files, of all users or of one',
  arguments: { least: 0, most: 1 },
  async work(app, { given: [user] }) {
    const media = await app.media.list(user)
    return { text: mediaText(media), json: { media } }
  },
})

export const mediaPrune = mediaCommand({
  usage: 'media prune DAYS',
  summary: 'remove files that were not downloaded for a number of days, except avatars',
  arguments: { least: 1, most: 1 },
  switches: {
    unread: 'Only files that were never downloaded.',
    yes: 'Remove them. Without it, the command only says what it would remove.',
  },
  async work(app, { given: [text = ''], switches }) {
    if (!/^[1-9]\d{0,4}$/.test(text)) throw new ConfigError(`"${text}" is not a number of days`)
    const isDryRun = !switches.has('yes')
    const pruning = { days: Number(text), onlyUnread: switches.has('unread'), isDryRun }
    const { files, bytes } = await app.media.prune(pruning)
    const what = `${files} files, ${sizeText(bytes)}`
    return {
      text: isDryRun ? `would remove ${what}; repeat the command with --yes` : `removed ${what}`,
      json: { files, bytes, removed: !isDryRun },
    }
  },
})

export const mediaRemove = mediaCommand({
  usage: 'media remove MXC_URI | USER',
  summary: 'remove a file, or all files of a user',
  arguments: { least: 1, most: 1 },
  switches: { yes: 'Confirm. The files cannot be restored.' },
  async work(app, { given: [target = ''], switches }) {
    if (!switches.has('yes'))
      throw new ConfigError(`removing ${target} cannot be undone; repeat the command with --yes`)
    const { files } = await app.media.remove(target)
    return { text: `removed ${files} files`, json: { files } }
  },
})

export const mediaBlock = mediaCommand({
  usage: 'media block MXC_URI | HASH',
  summary: 'stop serving a file (by its URI or SHA-256) and all equal ones, and refuse uploads of it',
  arguments: { least: 1, most: 1 },
  switches: {
    remove: 'Also remove all files with this content, of all users. It stays blocked.',
    yes: 'Confirm --remove. The files cannot be restored.',
    undo: 'Serve it again; if its files were removed, it can be uploaded again.',
  },
  async work(app, { given: [target = ''], switches }) {
    const isRemoved = switches.has('remove')
    if (switches.has('undo')) {
      if (isRemoved) throw new ConfigError('--undo and --remove exclude each other')
      const { sha256 } = await app.media.unblock(target)
      return { text: `${target} is not blocked any more`, json: { sha256, is_blocked: false } }
    }
    if (isRemoved && !switches.has('yes'))
      throw new ConfigError('removing files cannot be undone; repeat the command with --yes')
    const { sha256, files } = await app.media.block(target, { isRemoved })
    const removed = isRemoved ? `; removed ${files} files` : ''
    return {
      text: `${target} is blocked${removed}. To undo it: belfry media block ${sha256} --undo`,
      json: { sha256, is_blocked: true, removed_files: files },
    }
  },
})

export const mediaBlocked = mediaCommand({
  usage: 'media blocked',
  summary: 'list the blocked contents, the newest 100',
  arguments: { least: 0, most: 0 },
  async work(app) {
    const blocked = await app.media.blocked()
    return { text: blockedText(blocked), json: { blocked } }
  },
})

type MediaCommand = {
  usage: string
  summary: string
  /** The number of arguments. */
  arguments: { least: number; most: number }
  /** Each switch with its help text. */
  switches?: Readonly<Record<string, string>>
  work: (app: App, input: Input) => Promise<{ text: string; json: unknown }>
}

function mediaCommand({
  usage,
  summary,
  arguments: { least, most },
  switches = {},
  work,
}: MediaCommand): Command {
  const lines = [...Object.entries(switches), ['json', 'Print the result as JSON.']]
  const help = lines.map(([name, about]) => `  --${name}  ${about}`).join('\n')
  return {
    usage,
    summary,
    help: () => `${help}\n\nSettings, as for serve:\n${flagHelp()}`,
    async run(argv, context) {
      const {
        config,
        switches: set,
        positionals: given,
      } = loadCommandLine({
        argv,
        env: context.env,
        switches: ['json', ...Object.keys(switches)],
      })
      const extra = given[most]
      if (extra !== undefined) throw new ConfigError(`unexpected argument "${extra}"`)
      if (given.length < least) throw new ConfigError(`an argument is missing: belfry ${usage}`)
      const app = await context.createApp(config, 'command')
      try {
        const { text, json } = await work(app, { given, switches: set })
        context.print(set.has('json') ? JSON.stringify(json, null, 2) : text)
      } finally {
        await app.close()
      }
      return 0
    },
  }
}
