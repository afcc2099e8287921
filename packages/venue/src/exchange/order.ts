import type { OrderRequest, OrderStatus } from '../journal/index.ts';

/** An order that was taken, as it stands now. */
export interface Order {
  readonly orderId: string;
  readonly account: string;
  readonly request: OrderRequest;
  /** Lots, after `reduceOnly`. */
  readonly quantity: number;
  status: OrderStatus;
  filled: number;
  /** Sum of price times lots over the fills. */
  cost: number;
}

/** The order as the REST API shows it. */
export interface OrderView {
  readonly orderId: string;
  readonly clientId: string;
  readonly symbol: string;
  readonly side: string;
  readonly type: string;
  readonly status: OrderStatus;
  readonly quantity: number;
  readonly filled: number;
  readonly remaining: number;
  readonly price: number | null;
  /** Ticks, null before the first fill. */
  readonly averagePrice: number | null;
  readonly reduceOnly: boolean;
}

export const orderView = (order: Order): OrderView => ({
  orderId: order.orderId,
  clientId: order.request.clientId,
  symbol: order.request.symbol,
  side: order.request.side,
  type: order.request.type,
  status: order.status,
  quantity: order.quantity,
  filled: order.filled,
  remaining: order.quantity - order.filled,
  price: order.request.price ?? null,
  averagePrice: order.filled === 0 ? null : order.cost / order.filled,
  reduceOnly: order.request.reduceOnly,
});
