export function KnowledgePage(_: { id: string | undefined }) { return null; }
