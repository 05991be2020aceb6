"""`weir cost`: showback, forecasts and spend anomalies from the cost views of ClickHouse."""
