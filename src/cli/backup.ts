import { EXAMPLE_CONFIG, onApp, pathIn, workCommand } from './work-command.ts'

export const backup = workCommand({
  usage: 'backup FOLDER',
  summary: 'copy the database and the files into a new folder, also while the server runs',
  switches: {
    'without-media': 'Leave out the files of media, such as for a bucket that has a backup of its own.',
  },
  examples: [`belfry backup /var/backups/belfry/2026-11-29 ${EXAMPLE_CONFIG}`],
  exitCodes: { done: 'the backup is complete', failed: 'it is not' },
  work: onApp(async (app, { given: [folder = ''], switches, onProgress }) => {
    const withMedia = !switches.has('without-media')
    const result = await app.maintenance.backUp({ folder: pathIn(folder), withMedia, onProgress })
    const lost = result.lost_files === 0 ? '' : `; ${result.lost_files} files were not in the store`
    const media = withMedia ? `${result.files} files` : 'no files'
    return {
      text: `backed up ${result.server_name} to ${result.folder}: the database, ${media}${lost}`,
      json: result,
    }
  }),
})

export const restore = workCommand({
  usage: 'restore FOLDER',
  summary: 'restore a backup into a database and a store of media that are empty',
  examples: [`belfry restore /var/backups/belfry/2026-11-29 ${EXAMPLE_CONFIG}`],
  exitCodes: {
    done: 'everything is restored',
    failed: 'it is not; no server opens the database, and the command can be run again',
  },
  async work({ config, context, given: [folder = ''], onProgress }) {
    const manifest = await context.restore(config, { folder: pathIn(folder), onProgress })
    const from = new Date(manifest.made_at).toISOString()
    return {
      text: `restored ${manifest.server_name} as of ${from}; check it with belfry verify, then start the server`,
      json: manifest,
    }
  },
})

export const verify = workCommand({
  usage: 'verify',
  summary: 'check the database and the files: integrity, counts, rows and files that are missing',
  examples: [`belfry verify ${EXAMPLE_CONFIG}`],
  exitCodes: { done: 'no fault', failed: 'faults were found, or the check failed' },
  work: onApp(async (app, { onProgress }) => {
    const result = await app.maintenance.verify(onProgress)
    const counts = Object.entries(result.counts).map(([name, count]) => `${name} ${count}`)
    const lines = result.faults.map(({ fault, places }) => `FAULT ${fault}: ${places.join(', ')}`)
    const end = lines.length === 0 ? 'no fault found' : `${lines.length} kinds of faults found`
    return {
      text: [`${counts.join(' · ')} · stored files ${result.files}`, ...lines, end].join('\n'),
      json: result,
      code: lines.length === 0 ? 0 : 1,
    }
  }),
})
