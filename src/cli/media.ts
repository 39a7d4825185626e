import { ConfigError } from '../config/config-error.ts'
import { blockedText, mediaText, sizeText, usageText } from './media-text.ts'
import { EXAMPLE_CONFIG, onApp, requireYes, workCommand } from './work-command.ts'

// Uploaded files, directly in the database and the store, with or without a running server.

export const mediaUsage = workCommand({
  usage: 'media usage',
  summary: 'show what takes space: files, contents, thumbnails, users',
  examples: [`belfry media usage ${EXAMPLE_CONFIG}`],
  work: onApp(async (app) => {
    const usage = await app.media.usage()
    return { text: usageText(usage), json: usage }
  }),
})

export const mediaList = workCommand({
  usage: 'media list [USER]',
  summary: 'list the 100 largest uploaded files, of all users or of one',
  examples: [`belfry media list @alice:example.org ${EXAMPLE_CONFIG}`],
  work: onApp(async (app, { given: [user] }) => {
    const media = await app.media.list(user)
    return { text: mediaText(media), json: { media } }
  }),
})

export const mediaPrune = workCommand({
  usage: 'media prune DAYS',
  summary: 'remove files that were not downloaded for a number of days, except avatars',
  examples: [`belfry media prune 365 --unread ${EXAMPLE_CONFIG}`],
  switches: {
    unread: 'Only files that were never downloaded.',
    yes: 'Remove them. Without it, the command only says what it would remove.',
  },
  work: onApp(async (app, { given: [text = ''], switches, onProgress }) => {
    if (!/^[1-9]\d{0,4}$/.test(text)) throw new ConfigError(`"${text}" is not a number of days`)
    const isDryRun = !switches.has('yes')
    const pruning = { days: Number(text), onlyUnread: switches.has('unread'), isDryRun, onProgress }
    const { files, bytes } = await app.media.prune(pruning)
    const what = `${files} files, ${sizeText(bytes)}`
    return {
      text: isDryRun ? `would remove ${what}; repeat the command with --yes` : `removed ${what}`,
      json: { files, bytes, removed: !isDryRun },
    }
  }),
})

export const mediaRemove = workCommand({
  usage: 'media remove MXC_URI | USER',
  summary: 'remove a file, or all files of a user',
  examples: [`belfry media remove mxc://example.org/AbCdEf --yes ${EXAMPLE_CONFIG}`],
  switches: { yes: 'Confirm. The files cannot be restored.' },
  check: ({ given: [target], switches }) => requireYes(switches, `removing ${target}`),
  work: onApp(async (app, { given: [target = ''] }) => {
    const { files } = await app.media.remove(target)
    return { text: `removed ${files} files`, json: { files } }
  }),
})

export const mediaBlock = workCommand({
  usage: 'media block MXC_URI | HASH',
  summary: 'stop serving a file (by its URI or SHA-256) and all equal ones, and refuse uploads of it',
  examples: [`belfry media block mxc://example.org/AbCdEf ${EXAMPLE_CONFIG}`],
  switches: {
    remove: 'Also remove all files with this content, of all users. It stays blocked.',
    yes: 'Confirm --remove. The files cannot be restored.',
    undo: 'Serve it again; if its files were removed, it can be uploaded again.',
  },
  work: onApp(async (app, { given: [target = ''], switches }) => {
    const isRemoved = switches.has('remove')
    if (switches.has('undo')) {
      if (isRemoved) throw new ConfigError('--undo and --remove exclude each other')
      const { sha256 } = await app.media.unblock(target)
      return { text: `${target} is not blocked any more`, json: { sha256, is_blocked: false } }
    }
    if (isRemoved) requireYes(switches, 'removing files')
    const { sha256, files } = await app.media.block(target, { isRemoved })
    const removed = isRemoved ? `; removed ${files} files` : ''
    return {
      text: `${target} is blocked${removed}. To undo it: belfry media block ${sha256} --undo`,
      json: { sha256, is_blocked: true, removed_files: files },
    }
  }),
})

export const mediaBlocked = workCommand({
  usage: 'media blocked',
  summary: 'list the blocked contents, the newest 100',
  examples: [`belfry media blocked ${EXAMPLE_CONFIG}`],
  work: onApp(async (app) => {
    const blocked = await app.media.blocked()
    return { text: blockedText(blocked), json: { blocked } }
  }),
})
