"""Arrays in, arrays out: what SQL cannot compute; knows neither DuckDB nor projects."""
