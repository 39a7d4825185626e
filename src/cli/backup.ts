import { folderIn, maintenanceCommand } from './maintenance-command.ts'

const EXAMPLE_CONFIG = '--config /etc/belfry/belfry.yaml'

export const backup = maintenanceCommand({
  usage: 'backup FOLDER',
  summary: 'copy the database and the files into a new folder, also while the server runs',
  switches: {
    'without-media': 'Leave out the files of media, such as for a bucket that has a backup of its own.',
  },
  example: `belfry backup /var/backups/belfry/2026-11-29 ${EXAMPLE_CONFIG}`,
  exitCodes: { done: 'the backup is complete', failed: 'it is not' },
  async work({ config, context, argument, switches, onProgress }) {
    const app = await context.createApp(config, 'command')
    try {
      const withMedia = !switches.has('without-media')
      const result = await app.maintenance.backUp({ folder: folderIn(argument), withMedia, onProgress })
      const lost = result.lost_files === 0 ? '' : `; ${result.lost_files} files were not in the store`
      const media = withMedia ? `${result.files} files` : 'no files'
      return {
        text: `backed up ${result.server_name} to ${result.folder}: the database, ${media}${lost}`,
        json: result,
      }
    } finally {
      await app.close()
    }
  },
})

export const restore = maintenanceCommand({
  usage: 'restore FOLDER',
  summary: 'restore a backup into a database and a store of media that are empty',
  example: `belfry restore /var/backups/belfry/2026-11-29 ${EXAMPLE_CONFIG}`,
  exitCodes: {
    done: 'everything is restored',
    failed: 'it is not; the database does not exist, or is empty',
  },
  async work({ config, context, argument, onProgress }) {
    const folder = folderIn(argument)
    const manifest = await context.restore(config, { folder, onProgress })
    const from = new Date(manifest.made_at).toISOString()
    return {
      text: `restored ${manifest.server_name} as of ${from}; check it with belfry verify, then start the server`,
      json: manifest,
    }
  },
})

export const verify = maintenanceCommand({
  usage: 'verify',
  summary: 'check the database and the files: integrity, counts, rows and files that are missing',
  example: `belfry verify ${EXAMPLE_CONFIG}`,
  exitCodes: { done: 'no fault', failed: 'faults were found, or the check failed' },
  async work({ config, context, onProgress }) {
    const app = await context.createApp(config, 'command')
    try {
      const result = await app.maintenance.verify(onProgress)
      const counts = Object.entries(result.counts).map(([name, count]) => `${name} ${count}`)
      const lines = result.faults.map(({ fault, places }) => `FAULT ${fault}: ${places.join(', ')}`)
      const end = lines.length === 0 ? 'no fault found' : `${lines.length} kinds of faults found`
      return {
        text: [`${counts.join(' · ')} · stored files ${result.files}`, ...lines, end].join('\n'),
        json: result,
        code: lines.length === 0 ? 0 : 1,
      }
    } finally {
      await app.close()
    }
  },
})
