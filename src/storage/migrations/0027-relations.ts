import type { ColumnTypes, Migration } from '../migration.ts'

/**
 * Event relations and threads, also of the events that are already stored, and the edits that were sent
 * before they were stored.
 */
export const relations: Migration = {
  id: 27,
  name: 'relations',
  statements: (types) => [...tables(types), ...earlierRelations(types), ...earlierEdits(types)],
}

function tables({ int, keyed }: ColumnTypes): string[] {
  return [
    `create table relations (
      parent ${int} not null, position ${int} not null, depth ${int} not null, rel_type text not null,
      event_type text not null, sender text not null, annotation_key text, primary key (parent, position)) ${keyed}`,
    `create table thread_participants (
      root ${int} not null, user_id text not null, room_id text not null, replies ${int} not null,
      last_position ${int} not null, primary key (root, user_id)) ${keyed}`,
  ]
}

function earlierRelations({ jsonAt }: ColumnTypes): string[] {
  const related = (key: string) => jsonAt('content', ['m.relates_to', key])
  return [
    `insert into relations (parent, position, depth, rel_type, event_type, sender, annotation_key)
      select p.position, e.position, 1, e.rel_type, e.type, e.sender,
        case when e.rel_type = 'm.annotation' and octet_length(e.annotation_key) <= 255 then e.annotation_key end
      from (
        select position, room_id, type, sender, ${related('rel_type')} as rel_type, ${related('event_id')} as target,
          ${related('key')} as annotation_key
        from events
        where state_key is null and redacted_by is null and content like '%"m.relates_to"%') as e
      join events as p on p.event_id = e.target and p.room_id = e.room_id
      where octet_length(e.rel_type) between 1 and 255`,
    // The indexes serve the next statements.
    `create index relations_by_type on relations (parent, rel_type, position)`,
    `create index relations_of_event on relations (position, parent)`,
    `create index annotations on relations (parent, sender, event_type, annotation_key) where annotation_key is not null`,
    ...[2, 3].map(
      (depth) => `insert into relations (parent, position, depth, rel_type, event_type, sender)
        select a.parent, c.position, ${depth}, c.rel_type, c.event_type, c.sender
        from relations as c join relations as a on a.position = c.parent
        where c.depth = 1 and a.depth = ${depth - 1}`,
    ),
    `insert into thread_participants (root, user_id, room_id, replies, last_position)
      select r.parent, r.sender, e.room_id, count(*), max(r.position)
      from relations as r join events as e on e.position = r.parent
      where r.depth = 1 and r.rel_type = 'm.thread'
      group by r.parent, r.sender, e.room_id`,
    `create index threads_by_activity on thread_participants (room_id, last_position)`,
  ]
}

function earlierEdits({ jsonAt }: ColumnTypes): string[] {
  const newContent = jsonAt('e.content', ['m.new_content'])
  return [
    `insert into edits (position, edit_position)
      select r.parent, r.position
      from relations as r
        join events as e on e.position = r.position
        join events as p on p.position = r.parent
      where r.depth = 1 and r.rel_type = 'm.replace' and e.sender = p.sender and e.type = p.type and p.state_key is null
        and (e.type = 'm.room.encrypted' or ${newContent} like '{%')
        and not exists (
          select 1 from relations as o where o.position = r.parent and o.depth = 1 and o.rel_type = 'm.replace')
      on conflict do nothing`,
  ]
}
