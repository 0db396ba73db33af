/** Holding and letting go, as the pointer comes and leaves. */
import { act, renderHook } from '@testing-library/react';
import { expect, test } from 'vitest';

import { useHeldList } from './useHeldList';

function aList(ids: readonly string[], selected?: string) {
  return renderHook(({ latest, view, chosen }) => useHeldList(latest, view, chosen), {
    initialProps: { latest: ids, view: 'mine', chosen: selected },
  });
}

test('under the pointer the list stands still, and moves when the pointer leaves', () => {
  const { result, rerender } = aList(['a', 'b']);
  act(() => result.current.aim.onPointerEnter());

  rerender({ latest: ['x', 'b', 'a'], view: 'mine', chosen: undefined });
  expect(result.current.shown).toEqual(['a', 'b']);
  expect(result.current.arrived).toBe(1);

  act(() => result.current.aim.onPointerLeave());
  expect(result.current.shown).toEqual(['x', 'b', 'a']);
});

test('what was just opened is shown, held or not', () => {
  const { result, rerender } = aList(['a', 'b']);
  act(() => result.current.aim.onPointerEnter());

  rerender({ latest: ['x', 'a', 'b'], view: 'mine', chosen: 'x' });

  expect(result.current.shown).toEqual(['x', 'a', 'b']);
});

test('another view starts free', () => {
  const { result, rerender } = aList(['a', 'b']);
  act(() => result.current.aim.onPointerEnter());

  rerender({ latest: ['p', 'q'], view: 'waiting', chosen: undefined });

  expect(result.current.shown).toEqual(['p', 'q']);
});
