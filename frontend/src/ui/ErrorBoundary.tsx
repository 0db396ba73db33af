/** Keeps one broken pane from taking the whole screen with it. */
import { Component, type ErrorInfo, type ReactNode } from 'react';

type Props = {
  fallback: (retry: () => void) => ReactNode;
  resetKey?: unknown;
  children: ReactNode;
};
type State = { failed: boolean; key: unknown };

export class ErrorBoundary extends Component<Props, State> {
  override state: State = { failed: false, key: this.props.resetKey };

  static getDerivedStateFromError(): Partial<State> {
    return { failed: true };
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    return props.resetKey === state.key ? null : { failed: false, key: props.resetKey };
  }

  override componentDidCatch(error: unknown, info: ErrorInfo): void {
    console.error(error, info.componentStack);
  }

  override render(): ReactNode {
    if (this.state.failed) return this.props.fallback(() => this.setState({ failed: false }));
    return this.props.children;
  }
}
