export function AdminPage(_: { section: string | undefined }) { return null; }
