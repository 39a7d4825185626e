import type { Migration } from '../migration.ts'

/**
 * The dehydrated device of a user (MSC3814): a device without a session, which receives room keys while the
 * user has no other one.
 */
export const dehydratedDevices: Migration = {
  id: 35,
  name: 'dehydrated-devices',
  statements: ({ keyed }) => [
    `create table dehydrated_devices (
      user_id text not null, device_id text not null, device_data text not null, primary key (user_id)) ${keyed}`,
  ],
}
