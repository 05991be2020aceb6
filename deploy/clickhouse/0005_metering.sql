-- Metering: what a usage line was booked as; rows from before keep their meaning.
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS entry LowCardinality(String) DEFAULT 'booking';
