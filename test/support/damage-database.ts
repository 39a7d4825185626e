import { closeSync, openSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** Overwrites the first page of each named table or index of a closed SQLite database. */
export function damage(path: string, ...names: string[]): void {
  const connection = new DatabaseSync(path, { readOnly: true })
  const root = connection.prepare('select rootpage from sqlite_master where name = ?')
  const pages = names.map((name) => Number(root.get(name)?.['rootpage']))
  const size = Number(connection.prepare('pragma page_size').get()?.['page_size'])
  connection.close()
  const file = openSync(path, 'r+')
  for (const page of pages) writeSync(file, Buffer.alloc(size, 0xff), 0, size, (page - 1) * size)
  closeSync(file)
}
