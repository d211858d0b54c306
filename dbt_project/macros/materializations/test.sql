{#- A test whose outcome is known already (`ask_together`) says it; any other asks, as dbt's own do. -#}
{% materialization test, default -%}
    {%- set outcome = outcomes_of_checks().pop(model.unique_id, none) -%}
    {%- if outcome is none -%}
        {{ return(dbt.materialization_test_default()) }}
    {%- endif -%}
    {%- do store_raw_result('main', message='checked with others', code=none, rows_affected=none, agate_table=outcome) -%}
    {{ return({'relations': []}) }}
{%- endmaterialization %}
