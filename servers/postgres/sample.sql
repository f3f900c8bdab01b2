CREATE TABLE customers (
    id integer PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL UNIQUE,
    country char(2) NOT NULL,
    joined date NOT NULL
);

COMMENT ON TABLE customers IS 'People who have bought something, or may';

CREATE TABLE products (
    id integer PRIMARY KEY,
    title text NOT NULL,
    price numeric(10, 2) NOT NULL CHECK (price > 0),
    tags text[] NOT NULL DEFAULT '{}'
);

CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers,
    ordered_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'paid', 'sent', 'returned'))
);

CREATE TABLE order_lines (
    order_id bigint NOT NULL REFERENCES orders,
    line integer NOT NULL,
    product_id integer NOT NULL REFERENCES products,
    quantity integer NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, line)
);

CREATE VIEW revenue AS
    SELECT date_trunc('month', o.ordered_at)::date AS month, sum(l.quantity * p.price) AS total
    FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id
    WHERE o.status <> 'returned' GROUP BY 1;

COMMENT ON VIEW revenue IS 'What was sold by month, without what came back';

INSERT INTO customers
    SELECT n, 'Customer ' || n, 'customer' || n || '@example.com', (ARRAY['DE', 'FR', 'IN', 'US', 'BR'])[1 + n % 5],
        date '2024-01-01' + n % 600
    FROM generate_series(1, 500) n;

INSERT INTO products
    SELECT n, 'Product ' || n, (5 + n * 7 % 95)::numeric(10, 2), ARRAY[(ARRAY['book', 'tool', 'toy', 'game'])[1 + n % 4]]
    FROM generate_series(1, 40) n;

INSERT INTO orders
    SELECT n, 1 + n * 31 % 500, timestamptz '2025-01-01 00:00:00+00' + n * interval '47 minutes',
        (ARRAY['paid', 'sent', 'sent', 'open', 'returned'])[1 + n % 5]
    FROM generate_series(1, 10000) n;

INSERT INTO order_lines
    SELECT o, l, 1 + (o * 13 + l * 7) % 40, 1 + (o + l) % 3
    FROM generate_series(1, 10000) o, generate_series(1, 2) l;

ANALYZE;

